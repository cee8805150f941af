// Policy constants of the Anthropic dialect, each with its reason.

/**
 * How many characters of later blocks a stream holds back while an earlier tool call has not received all of its arguments.
 * 256 Ki characters is far beyond the tool arguments of one turn, and small enough to hold for every open stream.
 */
export const maxHeldBackCharacters: number = 256 * 1024;

/** Characters of JSON that one block of a stream holds back for its end: annotations of many pages take a hundredth of it. */
export const maxLateCharacters: number = 8 * 1024 * 1024;

/** The name given to a JSON schema of `output_config.format`, which has none, for targets whose dialect demands one. */
export const responseSchemaName: string = 'response';

/** What a held-back part counts in addition to its text: about what its object takes in memory. */
export const heldPartCharacters: number = 64;

/** The request field that names a conversation kept by the vendor, which is refused; see parse-request.ts. */
export const threadParam: string = 'thread';

/** Models on one page where the caller does not say, and the most that it may ask for: Anthropic's own figures. */
export const defaultModelsPerPage: number = 20;
export const maxModelsPerPage: number = 1000;

/** Features that one call may ask for in `anthropic-beta`: there are about thirty in all. */
export const maxBetas: number = 64;
