import type { Spec } from './spec.ts';

/** `python33-python-3.3.2-1.el7`; null: a part of it is not known. */
export function specNvr({ name, version, release }: Spec): string | null {
  const parts = [name, version, release].map(({ value }) => (value.known ? value.text : null));
  return parts.includes(null) ? null : parts.join('-');
}
