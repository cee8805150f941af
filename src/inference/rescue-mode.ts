// What an operator may want for streams whose target dies in the middle.

/**
 * `off`: the caller is told that the answer is cut. `restart`: another target begins anew while nothing of the answer itself was
 * shown, only its frame or signs of life. `continue`: also, another target goes on behind a text, where it can.
 */
export type RescueMode = 'off' | 'restart' | 'continue';
