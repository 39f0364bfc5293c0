import type { Budget } from './budget.ts';
import type { MacroStore } from './macro-store.ts';
import type { Marks } from './marks.ts';

/** All that macro expansion of one spec works on. */
export interface Expansion {
  readonly macros: MacroStore;
  readonly marks: Marks;
  readonly budget: Budget;
}

/** Where in the nest of macros an expansion is. */
export interface Frame {
  /** Of macro bodies within macro bodies. */
  readonly depth: number;
  /** Of parametric macros within each other: what is defined here ends with them. */
  readonly level: number;
}

export const TOP: Frame = { depth: 0, level: 0 };
