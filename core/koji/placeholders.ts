import type { SclName } from '../domain/collection.ts';
import type { KojiSubject } from '../domain/koji-names.ts';

/** What `{…}` may stand for in a profile: the SIG, with a capital too, EL release and `%scl`. */
export const PLACEHOLDERS = ['sig', 'Sig', 'release', 'scl'] as const;

/** Whether every `{` of a text begins a placeholder that is known. */
export function placeholdersKnown(text: string): boolean {
  return !/[{}]/.test(text.replace(/\{(sig|Sig|release|scl)\}/g, ''));
}

/** The text of a profile for one collection on one EL release. */
export function fillPlaceholders(text: string, of: KojiSubject & { sclName: SclName }): string {
  const values: Record<(typeof PLACEHOLDERS)[number], string> = {
    sig: of.sig,
    Sig: of.sig.charAt(0).toUpperCase() + of.sig.slice(1),
    release: of.release,
    scl: of.sclName,
  };
  return text.replace(
    /\{(sig|Sig|release|scl)\}/g,
    (_, name: (typeof PLACEHOLDERS)[number]) => values[name],
  );
}
