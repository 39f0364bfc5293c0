import { parseChecksum } from '../../core/domain/checksum.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import type { SourceAddress } from '../../core/domain/lookaside-path.ts';
import { parseSourceFileName } from '../../core/domain/source-file-name.ts';

/** What is fixed when an upload begins. */
export interface PartialRecord {
  /** Whose upload it is. */
  readonly user: string;
  readonly address: SourceAddress;
  /** Bytes of the whole file. */
  readonly size: number;
  /** The file's own modification time. */
  readonly mtime: Date;
  /** `Upload-Metadata` as the client sent it. */
  readonly metadata: string;
}

interface StoredRecord extends PartialRecord {
  /** The file is in the look-aside cache. */
  readonly stored: boolean;
}

/** As it is kept on the disk. */
export function formatRecord(record: StoredRecord): string {
  const { user, address, size, mtime, metadata, stored } = record;
  return JSON.stringify({ user, address, size, mtime, metadata, stored });
}

/** @throws Error where the text is not what was written */
export function parseRecord(text: string): StoredRecord {
  const record = JSON.parse(text) as Omit<StoredRecord, 'address' | 'mtime'> & {
    readonly address: { component: string; file: string; checksum: { type: string; hex: string } };
    readonly mtime: string;
  };
  const { component, file, checksum } = record.address;
  return {
    user: record.user,
    address: {
      component: parseComponentName(component),
      file: parseSourceFileName(file),
      checksum: parseChecksum(checksum.type, checksum.hex),
    },
    size: record.size,
    mtime: new Date(record.mtime),
    metadata: record.metadata,
    stored: record.stored,
  };
}
