// The shape of a /v1/messages body, as TypeBox schemas compiled once. They check what Sluice has a name for and let every
// other field through: the vendor is the judge of its own fields.

import Type from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { maxModelNameLength } from '../defaults.ts';

/** A content block before its own schema was looked up. */
const anyBlock = Type.Object({ type: Type.String({ minLength: 1 }) });
const blocks = Type.Array(anyBlock);
const textOrBlocks = Type.Union([Type.String(), blocks]);
/** Anthropic's clients send null for "not set" in optional fields. */
const absentOr = (schema: Type.TSchema): Type.TSchema => Type.Optional(Type.Union([schema, Type.Null()]));

const message = Type.Object({
  role: Type.Union([Type.Literal('user'), Type.Literal('assistant'), Type.Literal('system')]),
  content: textOrBlocks,
});

const tool = Type.Object({ type: absentOr(Type.String()) });

const toolChoice = Type.Object({
  type: Type.String(),
  name: Type.Optional(Type.String({ minLength: 1 })),
  disable_parallel_tool_use: absentOr(Type.Boolean()),
});

const outputConfig = Type.Object({
  effort: absentOr(Type.String()),
  format: absentOr(Type.Object({ type: Type.String(), schema: Type.Optional(Type.Object({})) })),
});

/** The body, with the rule for `max_tokens`, which a question about tokens need not have. */
const bodyOf = (maxTokens: Type.TSchema): Type.TSchema =>
  Type.Object({
    model: Type.String({ minLength: 1, maxLength: maxModelNameLength }),
    max_tokens: maxTokens,
    messages: Type.Array(message, { minItems: 1 }),
    system: absentOr(textOrBlocks),
    stream: absentOr(Type.Boolean()),
    temperature: absentOr(Type.Number({ minimum: 0 })),
    top_p: absentOr(Type.Number({ minimum: 0, maximum: 1 })),
    top_k: absentOr(Type.Integer({ minimum: 0 })),
    stop_sequences: absentOr(Type.Array(Type.String())),
    tools: absentOr(Type.Array(tool)),
    tool_choice: absentOr(toolChoice),
    output_config: absentOr(outputConfig),
    thread: absentOr(Type.Object({})),
  });

/** A tool that the caller runs itself. */
const customTool = Type.Object({
  name: Type.String({ minLength: 1 }),
  description: absentOr(Type.String()),
  input_schema: Type.Object({}),
  strict: absentOr(Type.Boolean()),
});

const text = Type.String();
const id = Type.String({ minLength: 1 });

/** Schemas of the blocks that have an internal form; a block of another type passes through unchecked. */
const blockSchemas = {
  text: Type.Object({ text, citations: absentOr(Type.Array(Type.Unknown())) }),
  image: Type.Object({ source: anyBlock }),
  document: Type.Object({ source: anyBlock, title: absentOr(Type.String()) }),
  tool_use: Type.Object({ id, name: id, input: Type.Unknown() }),
  tool_result: Type.Object({
    tool_use_id: id,
    content: absentOr(textOrBlocks),
    is_error: absentOr(Type.Boolean()),
  }),
  thinking: Type.Object({ thinking: text, signature: Type.Optional(Type.String()) }),
  redacted_thinking: Type.Object({ data: text }),
} as const;

/** Schemas of the sources of images and documents; a source of another type passes through inside an opaque part. */
const sourceSchemas = {
  base64: Type.Object({ data: text, media_type: id }),
  url: Type.Object({ url: id }),
  file: Type.Object({ file_id: id }),
  text: Type.Object({ data: text, media_type: Type.Optional(text) }),
} as const;

/** Checks the outer shape of a body. */
export const bodyValidator: Validator = Compile(bodyOf(Type.Integer({ minimum: 0 })));
/** Checks the outer shape of a body whose tokens are to be counted. */
export const countBodyValidator: Validator = Compile(bodyOf(absentOr(Type.Integer({ minimum: 0 }))));
/** Checks a custom tool. */
export const customToolValidator: Validator = Compile(customTool);
/** Checks a block that has an internal form. */
export const blockValidators: Readonly<Record<string, Validator>> = compileAll(blockSchemas);
/** Checks the source of an image or document. */
export const sourceValidators: Readonly<Record<string, Validator>> = compileAll(sourceSchemas);

function compileAll(schemas: Readonly<Record<string, Type.TSchema>>): Readonly<Record<string, Validator>> {
  const validators: Record<string, Validator> = Object.create(null);
  for (const [name, schema] of Object.entries(schemas)) validators[name] = Compile(schema);
  return validators;
}
