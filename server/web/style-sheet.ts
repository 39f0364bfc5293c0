import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const STYLE = readFileSync(resolve(import.meta.dirname, 'style.css'), 'utf8');

/** Its name changes with its content, so that browsers keep it for ever. */
export const STYLE_PATH = `/style-${createHash('sha256').update(STYLE).digest('hex').slice(0, 16)}.css`;
