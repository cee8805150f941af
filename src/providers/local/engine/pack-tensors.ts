// Makes the bulk of a message movable: buffers that go from one thread to the other change hands instead of being copied there.

import type { Tensor } from '../../../core/tensor.ts';
import type { EngineAnswer, EngineQuestion } from './protocol.ts';

/** A question and the buffers that may move with it. */
export interface PackedQuestion {
  readonly question: EngineQuestion;
  readonly transfer: readonly ArrayBuffer[];
}

/**
 * The question with tensors that own their buffers. They are copied, since the caller's bytes may be a view into a message that
 * others read too, and a view would drag its whole buffer along.
 */
export function packQuestion(question: EngineQuestion): PackedQuestion {
  if (question.type !== 'infer') return { question, transfer: [] };
  const inputs = question.inputs.map((tensor) => ({ ...tensor, data: Uint8Array.from(tensor.data) }));
  return { question: { ...question, inputs }, transfer: inputs.map(({ data }) => data.buffer) };
}

/** The buffers of an answer that nobody in this thread needs any more: those of vectors and of tensors. */
export function buffersOf(answer: EngineAnswer): ArrayBuffer[] {
  if (Array.isArray(answer)) return [...new Set(answer.map(({ data }: Tensor) => data.buffer).filter(isMovable))];
  if (typeof answer === 'object' && 'vectors' in answer) return answer.vectors.map((vector) => vector.buffer);
  return [];
}

function isMovable(buffer: ArrayBufferLike): buffer is ArrayBuffer {
  return buffer instanceof ArrayBuffer;
}
