import type { MacroTable } from './macro-table.ts';

/** A definition on its stack: `%define` hides the one before, `%undefine` brings it back. */
export interface Definition {
  readonly body: string;
  readonly options: string | null;
  /** 0 and below: for the whole spec; above: dropped when the macro that made it ends. */
  readonly level: number;
  /** An argument of a parametric macro: its body is no macro text, and inner macros do not see it. */
  readonly argument: boolean;
  /** Not null: whether it is defined, and as what, hangs on something unknown. */
  readonly unknown: string | null;
}

export interface MacroStore {
  readonly stacks: Map<string, Definition[]>;
  /** Names whose last definition is of a parametric macro that runs. */
  readonly scoped: Set<string>;
}

export function newMacroStore(table: MacroTable): MacroStore {
  const store: MacroStore = { stacks: new Map(), scoped: new Set() };
  for (const [name, { body, options }] of table) define(store, name, { body, options });
  return store;
}

/** A definition for the whole spec, unless it says otherwise. */
export function define(
  { stacks, scoped }: MacroStore,
  name: string,
  part: Partial<Definition> & Pick<Definition, 'body'>,
): void {
  const definition = { options: null, level: 0, argument: false, unknown: null, ...part };
  const stack = stacks.get(name);
  if (stack === undefined) stacks.set(name, [definition]);
  else stack.push(definition);
  if (definition.level > 0) scoped.add(name);
  else scoped.delete(name);
}

export function definition({ stacks }: MacroStore, name: string): Definition | null {
  return stacks.get(name)?.at(-1) ?? null;
}

/** Takes the last definition away. */
export function undefine({ stacks, scoped }: MacroStore, name: string): void {
  const stack = stacks.get(name);
  if (stack === undefined) return;
  stack.pop();
  if (stack.length === 0) stacks.delete(name);
  if ((stack.at(-1)?.level ?? 0) > 0) scoped.add(name);
  else scoped.delete(name);
}

/** From here on nobody knows whether the macro is defined, or as what. */
export function makeUnknown(store: MacroStore, name: string, why: string): void {
  define(store, name, { body: '', unknown: why });
}

/**
 * The end of a parametric macro: its definitions go. As in rpm one definition of each name goes;
 * a name that was defined twice keeps the first until another macro ends.
 */
export function leaveScope(store: MacroStore, level: number): void {
  for (const name of store.scoped)
    if ((definition(store, name)?.level ?? 0) >= level) undefine(store, name);
}
