// The function calls of one answer: whole ones, and those that Google streams in pieces.

import { upstreamMalformed } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import { madeUpCallId } from '../translation/call-id.ts';
import { maxToolCalls } from '../translation/defaults.ts';
import type { DeltaSink } from '../translation/other-choices.ts';
import { isPresent, strictObjectOf, textValueOf } from '../translation/wire-values.ts';
import { PartialArguments } from './partial-arguments.ts';
import { signatureExtra } from './tools-to-wire.ts';

/**
 * A call is whole in one part, or it is open from a part that says `willContinue` until a part without it (which may hold
 * nothing else), the next call, or the end. Only one call is open at a time. Its start is sent on at once, its arguments as
 * one delta when they are complete: pieces come as values at paths in any order, which is no JSON text before the last.
 */
export class CallStream {
  #count: number = 0;
  #open: PartialArguments | undefined;

  /** Calls so far. */
  get count(): number {
    return this.#count;
  }

  /** Adds the parts of one `functionCall`. */
  read(call: JsonObject, signature: string | undefined, answerId: string, out: DeltaSink): void {
    const name = textValueOf(call['name']);
    if (name !== undefined) {
      this.finish(out);
      this.#start(name, call, signature, answerId, out);
    }
    const open = this.#open;
    if (open === undefined) {
      if (isPresent(call)) throw upstreamMalformed('a function call has no name');
      return; // An empty part that closes a call which is closed already.
    }
    open.add(call['partialArgs']);
    open.merge(strictObjectOf(call['args'], 'args') ?? {});
    if (call['willContinue'] !== true) this.finish(out);
  }

  /** Completes the open call, if there is one. */
  finish(out: DeltaSink): void {
    if (this.#open === undefined) return;
    const argumentsDelta = this.#open.toJson();
    this.#open = undefined;
    out.push({ type: 'tool-call-delta', index: this.#count - 1, argumentsDelta });
  }

  #start(name: string, call: JsonObject, signature: string | undefined, answerId: string, out: DeltaSink): void {
    if (this.#count >= maxToolCalls) throw upstreamMalformed(`more than ${maxToolCalls} function calls`);
    const index = this.#count;
    this.#count += 1;
    this.#open = new PartialArguments();
    const id = textValueOf(call['id']) ?? madeUpCallId(answerId, index);
    const extra = signature === undefined ? {} : { extra: signatureExtra(signature) };
    out.push({ type: 'tool-call-start', index, id, name, ...extra });
  }
}
