// Policy constants of the inference service that no operator sets, each with its reason.

/** Times that another target goes on in one stream. A third target that dies in the same answer is no accident of one vendor. */
export const maxRescues: number = 2;

/** UTF-16 units of an answer that are kept to be continued: 65,000 tokens of prose, about the most that models write in one answer. */
export const maxContinuedCharacters: number = 256 * 1024;
