// Predictions by Triton's generate extension: text in, text out, whole or as events. The protocol itself has no form for text
// that is still being written, and the extension exists over HTTP only.

import { collectResponse } from '../../core/collect.ts';
import { SluiceError } from '../../core/error.ts';
import type { PredictPart, PredictRequest, PredictResponse } from '../../core/predict.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ModelCall, ModelProvider } from '../../ports/model.ts';
import type { TokenEstimator } from '../../ports/token-estimator.ts';
import { embeddedFailureOf } from '../openai-compatible/errors.ts';
import { answerContextOf } from '../translation/answer-context.ts';
import { type Connection, jsonPayload } from '../transport/connection.ts';
import { GenerateStreamReader } from './generate-stream.ts';
import { type GenerateTask, generateToWire } from './generate-to-wire.ts';

/** What predictions need. */
export interface GenerateOptions {
  readonly clock: Clock;
  readonly estimator: TokenEstimator;
  /** How a model is asked. Throws `unsupported_capability` for one that writes no text. */
  readonly taskOf: (model: string) => GenerateTask;
}

/** Predictions over a connection to the server's HTTP port. */
export function createPredictions(
  connection: Connection,
  options: GenerateOptions,
): Pick<ModelProvider, 'predict' | 'predictStream'> {
  const { taskOf } = options;
  const createReader = (request: PredictRequest, call: ModelCall, downgrades: readonly string[]) => {
    const context = answerContextOf(connection, options, call, downgrades);
    return new GenerateStreamReader(request, context, (body) =>
      embeddedFailureOf(body, connection.failureContext(call)),
    );
  };
  const pathOf = (call: ModelCall, action: string): string => `/v2/models/${encodeURIComponent(call.model)}/${action}`;
  return {
    async predict(request, call): Promise<PredictResponse> {
      const { body, downgrades } = generateToWire(request, taskOf(call.model), false);
      const answer = await connection.send(pathOf(call, 'generate'), jsonPayload(body), call);
      const reader = createReader(request, call, downgrades);
      const parts: PredictPart[] = [];
      reader.whole({ status: 200, headers: {}, body: answer }, parts);
      return collectResponse(settled(parts, reader));
    },
    predictStream(request, call): AsyncIterable<PredictPart> {
      return connection.stream(call, () => {
        const { body, downgrades } = generateToWire(request, taskOf(call.model), true);
        return { path: pathOf(call, 'generate_stream'), body, reader: createReader(request, call, downgrades) };
      });
    },
  };
}

/** Predictions of a provider whose server has no HTTP port: each is refused, saying what is missing. */
export function refusePredictions(name: string): Pick<ModelProvider, 'predict' | 'predictStream'> {
  const refusal = (): SluiceError => {
    const message = `The provider ${name} writes no text: that takes the server's HTTP address as generateUrl.`;
    return new SluiceError('unsupported_capability', { message, param: 'model' });
  };
  return {
    predict: () => Promise.reject(refusal()),
    // biome-ignore lint/correctness/useYield: it fails before there is anything to yield.
    async *predictStream() {
      throw refusal();
    },
  };
}

async function* settled(parts: readonly PredictPart[], reader: GenerateStreamReader): AsyncGenerator<PredictPart> {
  for (const part of parts) yield part.type === 'end' ? await reader.settle(part) : part;
}
