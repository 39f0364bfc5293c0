import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  futimesSync,
  linkSync,
  mkdirSync,
  openSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { dirname } from 'node:path';
import { parentPort } from 'node:worker_threads';
import type { HashType } from '../../core/domain/checksum.ts';

/** To a thread. Bytes are handed over in slots: memory that both sides see, told of once. */
export type ThreadRequest =
  | { readonly slot: number; readonly memory: SharedArrayBuffer | null }
  | BodyStep;

/** What comes next of a body: bytes, its end, or both. Each is answered once, in their order. */
export interface BodyStep {
  readonly id: number;
  /** null: it is not hashed. */
  readonly type: HashType | null;
  /** The new file that it is written to; null: it is hashed only. */
  readonly staged: string | null;
  /** So many bytes from the start of a slot; null: none. */
  readonly piece: { readonly slot: number; readonly bytes: number } | null;
  readonly end: 'digest' | 'abandon' | FileEnd | null;
}

/** Where a written body belongs. */
export interface FileEnd {
  readonly path: string;
  /** The folder of all files, which is there. */
  readonly root: string;
  readonly mtime: Date;
  /** What its hash must be, lower-case hex; null: it may have any. */
  readonly hex: string | null;
}

export interface BodyResult {
  /** Lower-case hex; empty where it is not hashed. */
  readonly hex: string;
  /** Bytes. */
  readonly size: number;
  /** false: its path was taken, or its hash is another. */
  readonly stored: boolean;
}

/** From a thread: the slot may be filled again. An error is told once, and the file is closed. */
export interface ThreadAnswer {
  readonly slot: number | null;
  readonly result: BodyResult | null;
  /** What is cloned of an error has no code. */
  readonly error: { readonly message: string; readonly code: string | undefined } | null;
}

interface Body {
  readonly hash: Hash | null;
  readonly staged: string | null;
  file: number | null;
  size: number;
  failed: boolean;
}

/** As nice(1) counts: less of the processors where others want them too. */
const NICE = 10;
/** Folders that are remembered: some megabytes. */
const MAX_DURABLE = 50_000;
/** Folders whose entry in their parent this thread knows to be on the disk. */
const durable = new Set<string>();
const bodies = new Map<number, Body>();
const slots = new Map<number, Uint8Array>();

// Who computes for seconds makes room for who answers in a millisecond. In Linux, by setpriority(2),
// 0 is this thread; elsewhere it would be the whole process. Some sandboxes forbid the call.
try {
  if (process.platform === 'linux') setPriority(0, Math.max(NICE, getPriority(0)));
} catch {}

parentPort?.on('message', (request: ThreadRequest) => {
  if (!('memory' in request)) {
    parentPort?.postMessage(answerTo(request));
    return;
  }
  if (request.memory === null) slots.delete(request.slot);
  else slots.set(request.slot, new Uint8Array(request.memory));
});

function answerTo(step: BodyStep): ThreadAnswer {
  const { id, piece, end } = step;
  const answer = { slot: piece?.slot ?? null, result: null, error: null };
  let body = bodies.get(id);
  try {
    if (body === undefined) {
      const hash = step.type === null ? null : createHash(step.type);
      body = { hash, staged: step.staged, file: null, size: 0, failed: false };
      bodies.set(id, body);
    }
    if (!body.failed && end !== 'abandon') {
      if (body.staged !== null) body.file ??= openSync(body.staged, 'wx', 0o644);
      if (piece !== null) take(body, piece);
      if (end !== null) return { ...answer, result: finish(body, end) };
    }
    return answer;
  } catch (error) {
    if (body !== undefined) body.failed = true;
    const { message, code } = error as NodeJS.ErrnoException;
    return { ...answer, error: { message, code } };
  } finally {
    if (body !== undefined && (end !== null || body.failed)) close(body);
    if (end !== null) bodies.delete(id);
  }
}

function take(body: Body, { slot, bytes }: NonNullable<BodyStep['piece']>): void {
  const piece = (slots.get(slot) as Uint8Array).subarray(0, bytes);
  body.hash?.update(piece);
  body.size += bytes;
  if (body.file === null) return;
  // A short write: go on behind it. Disks do this when they are nearly full.
  for (let at = 0; at < bytes; ) at += writeSync(body.file, piece, at);
}

function finish(body: Body, end: 'digest' | FileEnd): BodyResult {
  const { file, staged, size } = body;
  const hex = body.hash?.digest('hex') ?? '';
  if (end === 'digest' || file === null || staged === null) return { hex, size, stored: false };
  if (end.hex !== null && end.hex !== hex) return { hex, size, stored: false };
  futimesSync(file, end.mtime, end.mtime);
  const folder = dirname(end.path);
  const made = mkdirSync(folder, { recursive: true });
  fsyncSync(file);
  const stored = linkUnlessThere(staged, end.path);
  // One after the other without a change between them: the second finds its work done.
  syncFolder(folder);
  makeDurable(folder, end.root, made);
  unlinkSync(staged);
  return { hex, size, stored };
}

function linkUnlessThere(staged: string, path: string): boolean {
  try {
    linkSync(staged, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/**
 * Makes the entry of each folder in its parent durable; also where a racing put made them, which
 * may not have come to that yet.
 * @param made the topmost that was missing
 */
function makeDurable(folder: string, root: string, made: string | undefined): void {
  if (durable.size > MAX_DURABLE) durable.clear();
  for (let path = folder; path !== root; path = dirname(path)) {
    const isNew = made !== undefined && path.length >= made.length;
    if (!isNew && durable.has(path)) continue;
    syncFolder(dirname(path));
    durable.add(path);
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** An error is not told: what counts was synced before, and NFS tells here of bytes that do not. */
function close(body: Body): void {
  const { file } = body;
  body.file = null;
  try {
    if (file !== null) closeSync(file);
  } catch {}
}
