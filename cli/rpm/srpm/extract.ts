import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { damaged } from '../../../core/domain/rpm/damaged.ts';
import { quoted } from '../../../core/domain/text.ts';
import { type CpioEntry, readCpio } from './cpio.ts';
import { withPayload } from './payload.ts';
import type { PackagedFile, SourcePackage } from './source-package.ts';

/**
 * Unpacks all files of a source package into an empty folder. Each has the size and the digest that
 * the header states, and is one of the header's; all of these are there. Where it throws, what is
 * in the folder counts for nothing.
 * @param onBytes hears how many bytes were written
 * @throws DistGitError `check_failed`, `usage`; as it comes from the file system
 */
export async function extractSourcePackage(
  source: SourcePackage,
  folder: string,
  options: {
    readonly path: string;
    readonly signal: AbortSignal;
    readonly onBytes: (count: number) => void;
  },
): Promise<void> {
  const left = new Map(source.files.map((file) => [file.name as string, file]));
  await withPayload(
    source,
    async (payload) => {
      for await (const entry of readCpio(payload)) {
        const file = fileOf(entry, source, left);
        left.delete(file.name);
        await writeEntry(entry, file, join(folder, file.name), options);
      }
    },
    options,
  );
  const [missing] = left.keys();
  if (missing !== undefined) damaged(`${missing} is missing in its payload`);
}

/** The file of the header that an entry is. */
function fileOf(
  { name, index, mode, size }: CpioEntry,
  source: SourcePackage,
  left: ReadonlyMap<string, PackagedFile>,
): PackagedFile {
  const wanted = index === null ? name?.replace(/^\.\//, '') : source.files[index]?.name;
  const file = left.get(wanted ?? '');
  if (file === undefined)
    return damaged(`${quoted(name ?? String(index))} is in its payload and not in its header`);
  if (mode !== null && (mode & 0o170000) !== 0o100000) damaged(`${file.name} is no regular file`);
  if (size !== null && size !== file.size) damaged(`${file.name} has another size than is stated`);
  return file;
}

async function writeEntry(
  entry: CpioEntry,
  file: PackagedFile,
  path: string,
  { signal, onBytes }: { readonly signal: AbortSignal; readonly onBytes: (count: number) => void },
): Promise<void> {
  const hash = createHash(file.digest.algorithm);
  const counted = async function* () {
    for await (const chunk of entry.body(file.size)) {
      hash.update(chunk);
      onBytes(chunk.length);
      yield chunk;
    }
  };
  // `wx`: never through anything that is there already.
  await pipeline(counted, createWriteStream(path, { flags: 'wx', mode: 0o600 }), { signal });
  if (hash.digest('hex') !== file.digest.hex)
    damaged(`${file.name} does not have the ${file.digest.algorithm} digest that is stated`);
}
