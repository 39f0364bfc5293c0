/** What a branch without a spec has as its problem: a new one, mostly. */
export const noSpec = (component: string): string => `${component}.spec is missing.`;
