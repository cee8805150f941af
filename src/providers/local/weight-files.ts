// Which files of a Hugging Face repository the engine uses: shared by the loader and by `sluice models pull`.

/**
 * Weight files in order of preference: full precision first, since quantised ones differ between CPUs. 16-bit variants are
 * left out: their inputs and outputs are 16-bit floats, which this engine does not speak.
 */
export const weightFiles: readonly string[] = [
  'onnx/model.onnx',
  'model.onnx',
  'onnx/model_quantized.onnx',
  'onnx/model_int8.onnx',
];

/** What is read beside the weights, where it exists; the last two tell a person what they have. */
export const companionFiles: readonly string[] = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'sentence_bert_config.json',
  '1_Pooling/config.json',
  'README.md',
  'LICENSE',
];

/** Files without which nothing can be loaded. */
export const requiredFiles: readonly string[] = ['config.json', 'tokenizer.json'];
