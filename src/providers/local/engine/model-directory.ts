// Reads a model directory in the layout that Hugging Face repositories use: JSON files at the top and ONNX weights in onnx/ or
// at the top. Opens files and sessions; knows nothing of tasks.

import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { SluiceError } from '../../../core/error.ts';
import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import { weightFiles } from '../weight-files.ts';

/** A JSON file of the directory; `undefined` when it does not exist. Rejects with `config_invalid` when it is no object. */
export async function readJson(dir: string, file: string): Promise<JsonObject | undefined> {
  const text = await readText(dir, file);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(dir, `${file} is not valid JSON`, cause);
  }
  if (!isJsonObject(value)) throw invalid(dir, `${file} is not a JSON object`);
  return value;
}

/** A text file of the directory; `undefined` when it does not exist. */
export async function readText(dir: string, file: string): Promise<string | undefined> {
  try {
    return await readFile(join(dir, file), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A JSON file that has to be there. */
export async function requireJson(dir: string, file: string): Promise<JsonObject> {
  const value = await readJson(dir, file);
  if (value === undefined) throw invalid(dir, `${file} is missing`);
  return value;
}

/** Opens the weights of the directory on the CPU. */
export async function openSession(dir: string, intraOpThreads: number): Promise<ort.InferenceSession> {
  for (const file of weightFiles) {
    const path = join(dir, file);
    if (await exists(path)) return openSessionFile(path, intraOpThreads);
  }
  throw invalid(dir, `no ONNX weights (looked for ${weightFiles.join(', ')})`);
}

/** Opens one ONNX file on the CPU. Rejects with `config_invalid` when onnxruntime cannot load it. */
export async function openSessionFile(path: string, intraOpThreads: number): Promise<ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(path, {
      executionProviders: ['cpu'],
      intraOpNumThreads: intraOpThreads,
      interOpNumThreads: 1,
      // Fatal only: errors are thrown as well, and what is printed goes to stderr past our log.
      logSeverityLevel: 4,
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw invalid(path, `onnxruntime cannot load the weights: ${reason}`, cause);
  }
}

/** A positive whole number under one of several names, in order; `undefined` when there is none. */
export function positiveInteger(source: JsonObject | undefined, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = source?.[name];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  }
  return undefined;
}

/** The error for a model directory that cannot be used. */
export function invalid(dir: string, problem: string, cause?: unknown): SluiceError {
  return new SluiceError('config_invalid', {
    message: 'A local model cannot be loaded: its directory is not usable.',
    detail: `${dir}: ${problem}`,
    cause,
  });
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
