/**
 * The component that a spec's `Name:` states, without running any of it: `%{?scl_prefix}` (or
 * `%{scl_prefix}`) is taken off. Null where no `Name:` is found or macros remain, as in a meta
 * component's `Name: %scl_name`; such a name can not be judged without running the spec.
 */
export function literalSpecName(spec: string): string | null {
  const match = /^[ \t]*Name[ \t]*:[ \t]*(\S+)[ \t]*$/im.exec(spec);
  const name = match?.[1]?.replace(/^%\{\??scl_prefix\}/, '');
  return name === undefined || name.includes('%') ? null : name;
}
