// The elements of a tensor as the protocol's JSON holds them: one flat array, or arrays nested as the shape is, to and from the
// raw form. FP16 and BF16 are numbers here, although the protocol leaves them to its binary form.

import type { TensorDatatype } from '../core/tensor.ts';
import { bytesPerElement, elementCount, joinBytes, type Refuse, splitBytes } from '../core/tensor-data.ts';
import { packElements, unpackElements } from './tensor-elements.ts';

/**
 * The raw form of JSON data. Whole numbers may be bigints, for readers that keep all digits. Text of BYTES becomes UTF-8. Throws
 * what `refuse` makes for anything that is not an array of the shape's elements.
 */
export function rawOfJson(
  datatype: TensorDatatype,
  shape: readonly number[],
  data: unknown,
  refuse: Refuse,
): Uint8Array {
  const count = elementCount(shape, refuse);
  if (!Array.isArray(data)) throw refuse('data is not an array');
  const values = Array.isArray(data[0]) ? flatten(data, shape, refuse) : data;
  if (values.length !== count) throw refuse(`the shape has ${count} elements, but data has ${values.length}`);
  return datatype === 'BYTES' ? joinBytes(values.map(utf8(refuse))) : packElements(datatype, values, refuse);
}

/**
 * The text of a flat JSON array of raw data that fits its shape. 64-bit integers have all their digits. Throws what `refuse`
 * makes for what JSON has no form for: NaN and the infinities, and BYTES that are not UTF-8.
 */
export function jsonOfRaw(datatype: TensorDatatype, data: Uint8Array, refuse: Refuse): string {
  if (datatype === 'BYTES') return JSON.stringify(splitBytes(data, refuse).map(textOf(refuse)));
  const pieceBytes = pieceElements * bytesPerElement[datatype];
  let text = '';
  for (let at = 0; at < data.length; at += pieceBytes) {
    const values = unpackElements(datatype, data.subarray(at, at + pieceBytes));
    const wrong = values.findIndex((value) => typeof value === 'number' && !Number.isFinite(value));
    if (wrong >= 0) throw refuse(`element ${at / bytesPerElement[datatype] + wrong} is ${values[wrong]}`);
    // The digits of numbers and bigints, and the words of booleans, are those of JSON; only -0 would lose its sign.
    text += `${at === 0 ? '' : ','}${values.map((value) => (Object.is(value, -0) ? '-0' : String(value))).join(',')}`;
  }
  return `[${text}]`;
}

/** Elements that are turned into text at a time: as values of the language they take ten times the room of their bytes. */
const pieceElements = 4096;

/** True when `jsonOfRaw` refuses no element. */
export function hasJsonForm(datatype: TensorDatatype, data: Uint8Array): boolean {
  if (datatype === 'BYTES') return splitBytes(data, (problem) => new Error(problem)).every(isUtf8);
  const isFloat = datatype === 'FP16' || datatype === 'BF16' || datatype === 'FP32' || datatype === 'FP64';
  return !isFloat || unpackElements(datatype, data).every((value) => Number.isFinite(value));
}

/** The elements of nested arrays, whose lengths must be the shape's at every level. */
function flatten(data: readonly unknown[], shape: readonly number[], refuse: Refuse): unknown[] {
  const values: unknown[] = [];
  const walk = (level: unknown, depth: number): void => {
    const length = shape[depth];
    if (length === undefined) {
      if (Array.isArray(level)) throw refuse('data nests deeper than its shape');
      values.push(level);
      return;
    }
    if (!Array.isArray(level) || level.length !== length) {
      throw refuse(`data is not nested as its shape: ${length} elements were expected at depth ${depth}`);
    }
    for (const inner of level) walk(inner, depth + 1);
  };
  walk(data, 0);
  return values;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function utf8(refuse: Refuse): (value: unknown, index: number) => Uint8Array {
  return (value, index) => {
    if (typeof value !== 'string') throw refuse(`element ${index} of BYTES is not text`);
    if (!value.isWellFormed()) throw refuse(`element ${index} of BYTES holds half a character`);
    return encoder.encode(value);
  };
}

function textOf(refuse: Refuse): (element: Uint8Array, index: number) => string {
  return (element, index) => {
    const text = decodeUtf8(element);
    if (text === undefined) throw refuse(`element ${index} is not UTF-8`);
    return text;
  };
}

function isUtf8(element: Uint8Array): boolean {
  return decodeUtf8(element) !== undefined;
}

function decodeUtf8(element: Uint8Array): string | undefined {
  try {
    return decoder.decode(element);
  } catch {
    return undefined;
  }
}
