import type { RpmPackage } from './rpm-package.ts';

/** What rpmlint has against every package that is built from a branch here, and why it is not so. */
const ALWAYS: readonly (readonly [message: string, why: string])[] = [
  ['no-signature', 'what is built here is not signed yet'],
  ['no-packager-tag', 'Koji says who built it'],
  ['no-group-tag', 'nothing since EL 6 asks for it'],
  ['no-buildroot-tag', 'nothing since EL 6 asks for it'],
];

/**
 * Regular expressions of lines of rpmlint. Nothing that a packager could mend is left out.
 */
function filters({ collection }: Pick<RpmPackage, 'collection'>) {
  const ofCollection: typeof ALWAYS =
    collection === null
      ? []
      : [
          ['invalid-spec-name', "the spec has the component's name, without the collection"],
          [
            `dir-or-file-in-opt /opt/${collection.vendor}/${collection.sclName}(/|$)`,
            'collections live there',
          ],
        ];
  return [...ALWAYS, ...ofCollection].map(([message, why]) => ({ line: ` ${message}`, why }));
}

/** In the language of rpmlint 1, which packages have in their own file. */
export const rpmlint1Filters = (rpmPackage: Pick<RpmPackage, 'collection'>): string =>
  filters(rpmPackage)
    .map(({ line, why }) => `# ${why}\naddFilter("${line}")\n`)
    .join('');

/** As a configuration of rpmlint 2, which takes no filter for needless that is there. */
export const rpmlint2Config = (rpmPackage: Pick<RpmPackage, 'collection'>): string =>
  `Filters = [\n${filters(rpmPackage)
    .map(({ line, why }) => `    # ${why}\n    ${JSON.stringify(line)},\n`)
    .join('')}]\n`;
