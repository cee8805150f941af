// Transcripts as subtitles: SubRip (srt) and WebVTT (W3C), one cue for each segment.

import type { TranscriptSegment } from '../../core/transcribe.ts';

/** The segments as SubRip: numbered cues, times with a comma. */
export function renderSrt(segments: readonly TranscriptSegment[]): string {
  const cues = segments.map(({ startS, endS, text }, index) => {
    const time = `${timeOf(startS, ',')} --> ${timeOf(endS, ',')}`;
    return `${index + 1}\n${time}\n${lineOf(text).replaceAll('-->', '->')}\n\n`;
  });
  return cues.join('');
}

/** The segments as WebVTT. Characters that would be markup in a cue are escaped, as the standard asks. */
export function renderVtt(segments: readonly TranscriptSegment[]): string {
  const cues = segments.map(({ startS, endS, text }) => {
    const escaped = lineOf(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    return `${timeOf(startS, '.')} --> ${timeOf(endS, '.')}\n${escaped}\n\n`;
  });
  return `WEBVTT\n\n${cues.join('')}`;
}

/** An empty line would end the cue. */
function lineOf(text: string): string {
  return text.trim().replaceAll(/\s*[\r\n]+\s*/g, ' ');
}

/** `01:02:03,004`. Hours have two digits or as many as they need. */
function timeOf(seconds: number, mark: ',' | '.'): string {
  const ms = Math.max(0, Math.round(seconds * 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const rest = Math.floor(ms / 1000) % 60;
  return `${two(hours)}:${two(minutes)}:${two(rest)}${mark}${String(ms % 1000).padStart(3, '0')}`;
}
