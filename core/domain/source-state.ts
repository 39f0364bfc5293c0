/**
 * What has become of a file of the look-aside cache. `stored`: it can be had. `unreferenced`: in
 * quarantine, until it is deleted or wanted again. `deleting`: its object goes this moment.
 * `damaged`, `missing`: the object was not what it should be, or not there; an upload mends it.
 */
export const SOURCE_STATES = ['stored', 'unreferenced', 'deleting', 'damaged', 'missing'] as const;
export type SourceState = (typeof SOURCE_STATES)[number];
