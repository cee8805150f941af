import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TensorDatatype } from '../core/tensor.ts';
import {
  bytesPerElement,
  checkTensorData,
  elementCount,
  type FixedDatatype,
  isTensorDatatype,
  joinBytes,
  splitBytes,
} from '../core/tensor-data.ts';
import { bfloat16Bits, bfloat16Value } from './bfloat16.ts';
import { contentsOfRaw, hasTypedContents, rawOfContents } from './tensor-contents.ts';
import { packElements, unpackElements, unpackFloats } from './tensor-elements.ts';
import { hasJsonForm, jsonOfRaw, rawOfJson } from './tensor-json.ts';

const refuse = (problem: string): Error => new Error(problem);
const fixed = Object.keys(bytesPerElement) as FixedDatatype[];
const wide: ReadonlySet<string> = new Set(['INT64', 'UINT64']);

/** Any bits that are an element of the datatype: NaN of every kind included. A BOOL is 0 or 1. */
function rawData(datatype: FixedDatatype, elements: number): fc.Arbitrary<Uint8Array> {
  const length = elements * bytesPerElement[datatype];
  return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => {
    return datatype === 'BOOL' ? bytes.map((byte) => byte & 1) : bytes;
  });
}

const anyFixed = fc
  .tuple(fc.constantFrom(...fixed), fc.integer({ min: 0, max: 9 }))
  .chain(([datatype, count]) => rawData(datatype, count).map((data) => ({ datatype, shape: [count], data })));

const isFiniteValue = (value: unknown): boolean => typeof value !== 'number' || Number.isFinite(value);

test('tensor elements: every datatype goes from raw to values and back bit for bit', () => {
  fc.assert(
    fc.property(anyFixed, ({ datatype, data }) => {
      const values = unpackElements(datatype, data);
      // Not every NaN keeps its payload, so values are compared where there is one.
      const again = unpackElements(datatype, packElements(datatype, values, refuse));
      assert.deepEqual(again, values);
      if (values.every(isFiniteValue)) assert.deepEqual(packElements(datatype, values, refuse), data);
      for (const value of values) assert.equal(typeof value === 'bigint', wide.has(datatype));
    }),
  );
});

test('tensor elements: typed contents and JSON hold the same elements as the raw form', () => {
  fc.assert(
    fc.property(anyFixed, ({ datatype, shape, data }) => {
      checkTensorData({ datatype, shape, data }, refuse);
      assert.equal(hasJsonForm(datatype, data), unpackElements(datatype, data).every(isFiniteValue));
      if (!hasJsonForm(datatype, data)) {
        assert.throws(() => jsonOfRaw(datatype, data, refuse), /element \d+ is (?:NaN|-?Infinity)/);
        return;
      }
      if (hasTypedContents(datatype)) {
        assert.deepEqual(rawOfContents(datatype, shape, contentsOfRaw(datatype, data, refuse), refuse), data);
      }
      const text = jsonOfRaw(datatype, data, refuse);
      // A reader that keeps all digits, as ours does.
      const values = JSON.parse(text, (_, value: unknown, context?: { source?: string }) =>
        wide.has(datatype) && typeof value === 'number' ? BigInt(context?.source ?? '') : value,
      );
      assert.deepEqual(rawOfJson(datatype, shape, values, refuse), data);
    }),
  );
});

test('tensor elements: byte strings keep their bytes, whatever they are', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 6 }), (elements) => {
      const data = joinBytes(elements);
      assert.deepEqual(
        splitBytes(data, refuse).map((element) => Uint8Array.from(element)),
        elements.map((element) => Uint8Array.from(element)),
      );
      const shape = [elements.length];
      checkTensorData({ datatype: 'BYTES', shape, data }, refuse);
      assert.deepEqual(rawOfContents('BYTES', shape, contentsOfRaw('BYTES', data, refuse), refuse), data);
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 8 }), { maxLength: 6 }), (texts) => {
      const data = rawOfJson('BYTES', [texts.length], texts, refuse);
      assert.deepEqual(JSON.parse(jsonOfRaw('BYTES', data, refuse)), texts);
    }),
  );
});

test('tensor elements: no data that is cut or too long passes for whole', () => {
  fc.assert(
    fc.property(anyFixed, fc.integer({ min: 1, max: 3 }), ({ datatype, shape, data }, by) => {
      const longer = new Uint8Array(data.length + by);
      assert.throws(() => checkTensorData({ datatype, shape, data: longer }, refuse), /takes \d+ bytes/);
    }),
  );
  const two = joinBytes([Uint8Array.of(1, 2, 3), Uint8Array.of()]);
  for (let cut = 1; cut < two.length; cut += 1) {
    const data = two.subarray(0, cut);
    assert.throws(() => checkTensorData({ datatype: 'BYTES', shape: [2], data }, refuse), `${cut} bytes`);
  }
});

test('tensor elements: the layout is the one of the protocol', () => {
  const cases: readonly [FixedDatatype, unknown, number[]][] = [
    ['BOOL', true, [1]],
    ['UINT16', 0x0102, [2, 1]],
    ['INT16', -2, [0xfe, 0xff]],
    ['INT32', -1, [255, 255, 255, 255]],
    ['INT64', -2n, [0xfe, 255, 255, 255, 255, 255, 255, 255]],
    ['UINT64', 2n ** 63n + 1n, [1, 0, 0, 0, 0, 0, 0, 0x80]],
    ['FP16', 1.5, [0x00, 0x3e]],
    ['BF16', 1.5, [0xc0, 0x3f]],
    ['FP32', 1.5, [0, 0, 0xc0, 0x3f]],
    ['FP64', 1.5, [0, 0, 0, 0, 0, 0, 0xf8, 0x3f]],
  ];
  for (const [datatype, value, bytes] of cases) {
    assert.deepEqual(packElements(datatype, [value], refuse), Uint8Array.from(bytes), datatype);
  }
  assert.deepEqual(joinBytes([Uint8Array.of(7, 8)]), Uint8Array.of(2, 0, 0, 0, 7, 8));
  assert.deepEqual(unpackFloats('BF16', Uint8Array.of(0xc0, 0x3f)), Float32Array.of(1.5));
  assert.equal(unpackFloats('INT8', Uint8Array.of(1)), undefined);
});

test('tensor elements: what does not fit is refused, never wrapped', () => {
  const wrong: readonly [FixedDatatype, unknown, RegExp][] = [
    ['UINT8', 256, /element 0 of UINT8 is not within 0 to 255/],
    ['UINT8', -1, /not within/],
    ['INT8', 128, /not within -128 to 127/],
    ['INT32', 2 ** 31, /not within/],
    ['INT32', 10n ** 20n, /not within/],
    ['INT32', 1.5, /not a whole number/],
    ['INT32', '1', /not a whole number/],
    ['INT64', 2 ** 53, /lost digits/],
    ['INT64', 2n ** 63n, /not within/],
    ['UINT64', -1n, /not within/],
    ['UINT64', true, /not a whole number/],
    ['FP16', 65_520, /too large/],
    ['BF16', 3.4e38, /too large/],
    ['FP32', 1e39, /too large/],
    ['FP32', null, /not a number/],
    ['BOOL', 1, /neither true nor false/],
  ];
  for (const [datatype, value, problem] of wrong) {
    assert.throws(() => packElements(datatype, [value], refuse), problem, `${datatype} ${String(value)}`);
  }
  assert.deepEqual(packElements('FP32', [2n ** 60n], refuse), packElements('FP32', [2 ** 60], refuse));
});

test('tensor elements: BF16 is rounded once, to the nearest, ties to even', () => {
  // The two neighbours of a value are found by their bits, so the test knows no rounding itself.
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -3e38, max: 3e38 }), (value) => {
      const chosen = bfloat16Bits(value);
      const error = Math.abs(bfloat16Value(chosen) - value);
      for (const other of [chosen - 1, chosen + 1]) {
        const otherError = Math.abs(bfloat16Value(other & 0xffff) - value);
        if (Number.isNaN(otherError)) continue;
        assert.ok(error < otherError || (error === otherError && (chosen & 1) === 0) || error === 0);
      }
    }),
  );
  // Halfway between two, and a hair beyond that 32 bits cannot show.
  assert.equal(bfloat16Bits(1 + 2 ** -8), 0x3f80);
  assert.equal(bfloat16Bits(1 + 2 ** -8 + 2 ** -40), 0x3f81);
  assert.equal(bfloat16Bits(1 + 3 * 2 ** -8 - 2 ** -40), 0x3f81);
  assert.ok(Number.isNaN(bfloat16Value(bfloat16Bits(Number.NaN))));
});

test('tensor shapes: a dimension that cannot be is refused, and so is a product that cannot be counted', () => {
  assert.equal(elementCount([], refuse), 1);
  assert.equal(elementCount([3, 0, 5], refuse), 0);
  const wrong: readonly [number[], RegExp][] = [
    [[-1], /negative/],
    [[2, 1.5], /no whole number/],
    [[Number.NaN], /no whole number/],
    [[2 ** 53], /no whole number/],
    [[2 ** 30, 2 ** 30], /more elements than can be counted/],
    [[2 ** 30, 2 ** 30, 0], /more elements than can be counted/],
    [new Array(20).fill(-1), /\[(?:-1, ){15}-1, …\]/],
  ];
  for (const [shape, problem] of wrong) assert.throws(() => elementCount(shape, refuse), problem);
});

test('tensor contents: the list must be the one of the datatype, and as long as the shape', () => {
  const contents = contentsOfRaw('INT8', Uint8Array.of(1, 2), refuse);
  assert.deepEqual(contents.intContents, [1, 2]);
  const wrong: readonly [TensorDatatype, number[], RegExp][] = [
    ['FP32', [2], /FP32 is held by fp32_contents, not by int_contents/],
    ['INT8', [3], /the shape has 3 elements, but int_contents has 2/],
    ['FP16', [2], /FP16 has no typed contents/],
    ['BF16', [2], /BF16 has no typed contents/],
  ];
  for (const [datatype, shape, problem] of wrong) {
    assert.throws(() => rawOfContents(datatype, shape, contents, refuse), problem);
  }
  assert.throws(
    () => rawOfContents('INT8', [1], { ...contents, intContents: [200] }, refuse),
    /element 0 of INT8 is not within -128 to 127/,
  );
  assert.deepEqual(rawOfContents('FP32', [0], undefined, refuse), new Uint8Array());
  assert.throws(() => rawOfContents('FP32', [1], undefined, refuse), /has 1 elements/);
});

test('tensor JSON: data is flat, or nested exactly as its shape', () => {
  const flat = rawOfJson('INT32', [2, 3], [1, 2, 3, 4, 5, 6], refuse);
  const nested = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  assert.deepEqual(rawOfJson('INT32', [2, 3], nested, refuse), flat);
  assert.deepEqual(rawOfJson('INT32', [], [7], refuse), Uint8Array.of(7, 0, 0, 0));
  assert.deepEqual(rawOfJson('INT32', [2, 0], [[], []], refuse), new Uint8Array());
  const wrong: readonly [number[], unknown][] = [
    [[3, 2], nested],
    [[6], nested],
    [
      [2, 3],
      [
        [1, 2, 3],
        [4, 5],
      ],
    ],
    [
      [2, 3],
      [[1, 2, 3], 4],
    ],
    [
      [2, 3],
      [1, 2, 3],
    ],
    [[2], [[[1]], 2]],
    [[2], 'ab'],
    [[1], { 0: 1 }],
  ];
  for (const [shape, data] of wrong) assert.throws(() => rawOfJson('INT32', shape, data, refuse));
  assert.throws(() => rawOfJson('BYTES', [1], ['\ud800'], refuse), /half a character/);
  assert.throws(() => rawOfJson('BYTES', [1], [1], refuse), /not text/);
  assert.throws(() => jsonOfRaw('BYTES', joinBytes([Uint8Array.of(0xff)]), refuse), /element 0 is not UTF-8/);
  assert.equal(hasJsonForm('BYTES', joinBytes([Uint8Array.of(0xff)])), false);
  assert.equal(hasJsonForm('BYTES', joinBytes([Uint8Array.of(0x41)])), true);
});

test('tensor JSON: a long tensor is written in pieces without a seam', () => {
  const values = Float64Array.from({ length: 10_000 }, (_, index) => index / 8);
  assert.deepEqual(JSON.parse(jsonOfRaw('FP64', new Uint8Array(values.buffer), refuse)), [...values]);
  values[9_000] = Number.POSITIVE_INFINITY;
  assert.throws(() => jsonOfRaw('FP64', new Uint8Array(values.buffer), refuse), /element 9000 is Infinity/);
});

test('tensor datatypes: names are those of the protocol and nothing else', () => {
  for (const name of [...fixed, 'BYTES']) assert.ok(isTensorDatatype(name));
  for (const name of ['fp32', 'INT4', '', 'toString', '__proto__']) assert.ok(!isTensorDatatype(name));
});
