import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { macrosFile } from '../../core/domain/spec/macro-table.ts';
import { SCL_PACKAGE_MACROS } from '../../core/domain/spec/scl-package-macros.ts';

/** Writes `macros.scl` from the table that centpkg itself has. */
const HEAD = `# Macros of Software Collections, for machines without scl-utils-build. Copy this file to
# /etc/rpm/macros.scl, then: rpmbuild -bs --define 'scl rh-python34' --define 'dist .el7' python.spec
# Written by: node deploy/rpm/write-macros.ts

`;
export const MACROS_FILE = join(import.meta.dirname, 'macros.scl');
export const macrosText = (): string => HEAD + macrosFile(SCL_PACKAGE_MACROS);
if (import.meta.main) writeFileSync(MACROS_FILE, macrosText());
