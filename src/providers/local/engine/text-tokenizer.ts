// A Hugging Face tokenizer.json behind the few operations that the engine needs, with exact types: the library's own
// declarations cannot be resolved by a strict ES module project.

import { Tokenizer } from '@huggingface/tokenizers';
import { invalid, readJson, requireJson } from './model-directory.ts';

/** Text to token ids and back. */
export interface TextTokenizer {
  /** Ids of the text, with the control tokens that the tokenizer puts around every text. */
  encode(text: string): number[];
  /** Ids of the text alone. Control tokens that the text spells out are recognised. */
  encodeBare(text: string): number[];
  /** Ids of two texts as one input, with the control tokens around and between them, and the segment (0 or 1) of each id. */
  encodePair(first: string, second: string): { readonly ids: number[]; readonly segments: number[] };
  /** Text of the ids; control tokens are left out, spaces are kept as they are. */
  decode(ids: readonly number[]): string;
  /** The token as the vocabulary writes it; '' for an unknown id. */
  tokenOf(id: number): string;
  idOf(token: string): number | undefined;
  /** Texts of the control tokens, by id. */
  readonly controlTokens: ReadonlyMap<number, string>;
}

/** What is used of the library. */
interface LibraryTokenizer {
  encode(
    text: string,
    options?: { text_pair?: string; add_special_tokens?: boolean; return_token_type_ids?: boolean },
  ): { ids: number[]; token_type_ids?: number[] };
  decode(ids: number[], options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean }): string;
  id_to_token(id: number): string | undefined;
  token_to_id(token: string): number | undefined;
  get_added_tokens_decoder(): Map<number, { readonly content: string; readonly special: boolean }>;
}

/** Reads tokenizer.json and, if there is one, tokenizer_config.json. Rejects with `config_invalid`. */
export async function loadTokenizer(dir: string): Promise<TextTokenizer> {
  const [source, config] = await Promise.all([
    requireJson(dir, 'tokenizer.json'),
    readJson(dir, 'tokenizer_config.json'),
  ]);
  let library: LibraryTokenizer;
  try {
    library = new Tokenizer(source, config ?? {}) as LibraryTokenizer;
  } catch (cause) {
    throw invalid(dir, 'tokenizer.json is of a kind that this engine does not know', cause);
  }
  const added = [...library.get_added_tokens_decoder()].filter(([, token]) => token.special);
  return {
    encode: (text) => library.encode(text).ids,
    encodeBare: (text) => library.encode(text, { add_special_tokens: false }).ids,
    encodePair(first, second) {
      const { ids, token_type_ids } = library.encode(first, { text_pair: second, return_token_type_ids: true });
      // Tokenizers without segments give no list.
      return { ids, segments: ids.map((_, index) => token_type_ids?.[index] ?? 0) };
    },
    // The library refuses to decode nothing.
    decode: (ids) =>
      ids.length === 0
        ? ''
        : library.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
    tokenOf: (id) => library.id_to_token(id) ?? '',
    idOf: (token) => library.token_to_id(token),
    controlTokens: new Map(added.map(([id, token]) => [id, token.content])),
  };
}
