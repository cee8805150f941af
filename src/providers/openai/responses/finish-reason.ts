// How an answer of the Responses API ended: its status, the reason of an incomplete one, and who must act next.

import { SluiceError } from '../../../core/error.ts';
import type { JsonObject, JsonValue } from '../../../core/json.ts';
import type { Ending } from '../../../core/predict.ts';
import { objectOf, textValueOf } from '../../translation/wire-values.ts';

/** Items with which the model asks the caller to run something. All other calls are run by the vendor itself. */
const callersTools: ReadonlySet<string> = new Set([
  'function_call',
  'custom_tool_call',
  'computer_call',
  'local_shell_call',
  'apply_patch_call',
  'mcp_approval_request',
]);

/** True when the caller must act on the item before the model can go on. A shell call counts when the caller runs the shell. */
export function asksCaller(item: JsonObject): boolean {
  const type = textValueOf(item['type']) ?? '';
  if (type === 'shell_call') return objectOf(item['environment'])?.['type'] === 'local';
  if (type === 'tool_search_call') return item['execution'] === 'client';
  return callersTools.has(type);
}

/**
 * The finish reason and the vendor's own word. `completed` (and `complete`, which has been seen) ends well; `incomplete` by its
 * reason, where an unknown one is `other`. Any other status means that the answer is not there (queued, in_progress, cancelled):
 * `upstream_truncated`, since it must not be shown as one.
 */
export function finishReasonOf(
  response: JsonObject,
  hasCallersCall: boolean,
  target: string,
): Pick<Ending, 'finishReason' | 'rawFinishReason'> {
  const status = textValueOf(response['status']) ?? 'completed';
  if (status === 'completed' || status === 'complete') {
    return { finishReason: hasCallersCall ? 'tool-calls' : 'stop', rawFinishReason: status };
  }
  if (status !== 'incomplete') {
    throw new SluiceError('upstream_truncated', { detail: `status ${status}`, upstream: { target } });
  }
  const reason = incompleteReasonOf(response['incomplete_details']);
  if (reason === 'max_output_tokens') return { finishReason: 'length', rawFinishReason: reason };
  if (reason === 'content_filter') return { finishReason: 'content-filter', rawFinishReason: reason };
  return { finishReason: 'other', rawFinishReason: reason };
}

function incompleteReasonOf(details: JsonValue | undefined): string {
  return textValueOf(objectOf(details)?.['reason']) ?? 'incomplete';
}
