// Objects while they are made, where a spread for each field that may be absent would cost more than the field.

/** The type with fields that may be assigned. */
export type Writable<T> = { -readonly [Field in keyof T]: T[Field] };
