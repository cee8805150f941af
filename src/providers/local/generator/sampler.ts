// Chooses the next token from the model's scores: penalties, temperature, top-k, top-p, in that order. Pure arithmetic.

/** How to choose. */
export interface SamplerOptions {
  /** 0 always takes the most probable token. */
  readonly temperature: number;
  /** Smallest set of tokens whose probabilities reach this sum; 1 keeps all. */
  readonly topP: number;
  /** Most probable tokens to keep; 0 keeps all. */
  readonly topK: number;
  /** Subtracted from the score of every token that the answer already holds. */
  readonly presencePenalty: number;
  /** Subtracted once for each time that the answer holds the token. */
  readonly frequencyPenalty: number;
  /** Alternatives to report; `undefined` for no log probabilities. */
  readonly topLogprobs: number | undefined;
}

/** A token with its natural log probability under the model itself: before penalties, temperature and cuts. */
export interface ScoredToken {
  readonly token: number;
  readonly logprob: number;
}

/** A choice. `top` holds the most probable tokens, best first; empty without `topLogprobs`. */
export interface SampledToken extends ScoredToken {
  readonly top: readonly ScoredToken[];
}

/** Makes the choices of one answer. */
export interface Sampler {
  /** Chooses from the scores of one position; `logits` is left as it is. */
  sample(logits: Float32Array): SampledToken;
}

/** Creates a sampler. `random` gives floats in [0, 1) and is asked at most once per token. */
export function createSampler(options: SamplerOptions, random: () => number): Sampler {
  const counts = new Map<number, number>();
  return {
    sample(logits) {
      const scores = penalised(logits, counts, options);
      const token = options.temperature === 0 ? indexOfMax(scores) : draw(scores, options, random());
      counts.set(token, (counts.get(token) ?? 0) + 1);
      if (options.topLogprobs === undefined) return { token, logprob: 0, top: [] };
      const total = logSumExp(logits);
      const scored = (id: number): ScoredToken => ({ token: id, logprob: (logits[id] ?? 0) - total });
      return { ...scored(token), top: largest(logits, options.topLogprobs).map(scored) };
    },
  };
}

function penalised(logits: Float32Array, counts: ReadonlyMap<number, number>, options: SamplerOptions): Float32Array {
  if (counts.size === 0 || (options.presencePenalty === 0 && options.frequencyPenalty === 0)) return logits;
  const scores = logits.slice();
  for (const [token, count] of counts) {
    scores[token] = (scores[token] ?? 0) - options.presencePenalty - options.frequencyPenalty * count;
  }
  return scores;
}

function draw(scores: Float32Array, options: SamplerOptions, at: number): number {
  const count = options.topK === 0 ? scores.length : Math.min(options.topK, scores.length);
  // Sorting is only needed where a cut has to find the best tokens.
  const isCut = count < scores.length || options.topP < 1;
  const tokens = isCut ? largest(scores, count) : Array.from(scores.keys());
  const peak = scores[isCut ? (tokens[0] ?? 0) : indexOfMax(scores)] ?? 0;
  const weights = tokens.map((token) => Math.exp(((scores[token] ?? 0) - peak) / options.temperature));
  const kept = nucleus(weights, options.topP);
  let rest = at * kept.reduce((sum, weight) => sum + weight, 0);
  for (const [rank, weight] of kept.entries()) {
    rest -= weight;
    if (rest < 0) return tokens[rank] ?? 0;
  }
  // Rounding may leave a crumb: it belongs to the last token.
  return tokens[kept.length - 1] ?? 0;
}

/** The first weights, best first, that reach the share `topP` of all; at least one. */
function nucleus(weights: readonly number[], topP: number): readonly number[] {
  if (topP >= 1) return weights;
  const wanted = topP * weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  const end = weights.findIndex((weight) => {
    sum += weight;
    return sum >= wanted;
  });
  return end < 0 ? weights : weights.slice(0, end + 1);
}

/** Indices of the `count` largest values, best first; the lower index wins a tie. */
function largest(values: Float32Array, count: number): number[] {
  if (count <= 0) return [];
  const better = (a: number, b: number): number => (values[b] ?? 0) - (values[a] ?? 0) || a - b;
  if (count > values.length / 8) return Array.from(values.keys()).sort(better).slice(0, count);
  const best: number[] = [];
  for (let index = 0; index < values.length; index += 1) {
    const worst = best.at(-1);
    if (best.length === count && worst !== undefined && better(index, worst) > 0) continue;
    let place = best.length;
    while (place > 0 && better(index, best[place - 1] ?? 0) < 0) place -= 1;
    best.splice(place, 0, index);
    if (best.length > count) best.pop();
  }
  return best;
}

function indexOfMax(values: Float32Array): number {
  let best = 0;
  for (let index = 1; index < values.length; index += 1) {
    if ((values[index] ?? 0) > (values[best] ?? 0)) best = index;
  }
  return best;
}

function logSumExp(values: Float32Array): number {
  const peak = values[indexOfMax(values)] ?? 0;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - peak);
  return peak + Math.log(sum);
}
