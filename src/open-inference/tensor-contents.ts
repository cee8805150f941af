// The typed contents of a tensor as the protocol's protobuf messages hold them (one list for each family of datatypes), to and
// from the raw form. FP16 and BF16 have no list: they exist raw only.

import type { TensorDatatype } from '../core/tensor.ts';
import { elementCount, type FixedDatatype, joinBytes, type Refuse, splitBytes } from '../core/tensor-data.ts';
import { packElements, unpackElements } from './tensor-elements.ts';

/** The lists, by the names that generated code gives them. */
export interface TypedContents {
  readonly boolContents: readonly boolean[];
  readonly intContents: readonly number[];
  readonly int64Contents: readonly bigint[];
  readonly uintContents: readonly number[];
  readonly uint64Contents: readonly bigint[];
  readonly fp32Contents: readonly number[];
  readonly fp64Contents: readonly number[];
  readonly bytesContents: readonly Uint8Array[];
}

type List = keyof TypedContents;

/** The list of each datatype. */
const listOf: Readonly<Record<Exclude<TensorDatatype, 'FP16' | 'BF16'>, List>> = {
  BOOL: 'boolContents',
  UINT8: 'uintContents',
  UINT16: 'uintContents',
  UINT32: 'uintContents',
  UINT64: 'uint64Contents',
  INT8: 'intContents',
  INT16: 'intContents',
  INT32: 'intContents',
  INT64: 'int64Contents',
  FP32: 'fp32Contents',
  FP64: 'fp64Contents',
  BYTES: 'bytesContents',
};

const noContents: TypedContents = {
  boolContents: [],
  intContents: [],
  int64Contents: [],
  uintContents: [],
  uint64Contents: [],
  fp32Contents: [],
  fp64Contents: [],
  bytesContents: [],
};

/** True for the datatypes that have typed contents. */
export function hasTypedContents(datatype: TensorDatatype): datatype is keyof typeof listOf {
  return Object.hasOwn(listOf, datatype);
}

/**
 * The raw form of typed contents; absent contents are those of a tensor without elements. Throws what `refuse` makes when the
 * elements are in a list of another datatype, are not as many as the shape says, or do not fit into the datatype.
 */
export function rawOfContents(
  datatype: TensorDatatype,
  shape: readonly number[],
  contents: TypedContents = noContents,
  refuse: Refuse,
): Uint8Array {
  if (!hasTypedContents(datatype)) throw refuse(`${datatype} has no typed contents: send it raw`);
  const count = elementCount(shape, refuse);
  const list = listOf[datatype];
  const stray = (Object.keys(noContents) as List[]).find((name) => name !== list && contents[name].length > 0);
  if (stray !== undefined) throw refuse(`${datatype} is held by ${wireName(list)}, not by ${wireName(stray)}`);
  const values = contents[list];
  if (values.length !== count) {
    throw refuse(`the shape has ${count} elements, but ${wireName(list)} has ${values.length}`);
  }
  if (datatype === 'BYTES') return joinBytes(contents.bytesContents);
  return packElements(datatype, values, refuse);
}

/** The typed contents of raw data that fits its shape. Throws what `refuse` makes for FP16 and BF16. */
export function contentsOfRaw(datatype: TensorDatatype, data: Uint8Array, refuse: Refuse): TypedContents {
  if (!hasTypedContents(datatype)) throw refuse(`${datatype} has no typed contents`);
  if (datatype === 'BYTES') return { ...noContents, bytesContents: splitBytes(data, refuse) };
  return { ...noContents, [listOf[datatype]]: unpackElements(datatype as FixedDatatype, data) };
}

/** As the protocol's text writes it: `int64_contents`. */
function wireName(list: List): string {
  return list.replace('Contents', '_contents');
}
