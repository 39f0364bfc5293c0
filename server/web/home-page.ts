import type { ApiOutput } from '../../core/api/schemas.ts';
import { shellWord } from '../../core/domain/text.ts';
import { html } from './html.ts';
import type { Page, Site } from './layout.ts';
import { commands } from './parts.ts';
import { PATHS } from './paths.ts';

export type SigView = ApiOutput<'listSigs'>['items'][number];
export type CollectionView = ApiOutput<'listCollections'>['items'][number];

/** What this is, how to get at it, and the collections of each SIG. */
export function homePage(
  site: Site,
  sigs: readonly SigView[],
  collections: readonly CollectionView[],
): Page {
  const { base, url, namespace } = site;
  const bySig = sigs.map((sig) => {
    const own = collections.filter((collection) => collection.sig === sig.name);
    return html`<h3><a href="${base}${PATHS.sig(sig.name)}">${sig.name}</a>${sig.title === '' ? null : html`: ${sig.title}`}</h3>
${own.length === 0 ? html`<p>No collection yet.</p>\n` : collectionNames(site, own)}`;
  });
  return {
    title: 'Software Collections',
    main: html`<p>Here special interest groups (SIGs) develop Software Collections in the open. Every
component has a git repository, with one branch for each collection and enterprise-linux release;
sources that are too large for git are in the look-aside cache. Reading needs no account.</p>
<h2>Get a component</h2>
${commands(`git clone ${url}/${namespace}/COMPONENT.git`)}
<p>Put the name of a <a href="${base}${PATHS.components}">component</a> in the place of COMPONENT. With
centpkg its sources come too:</p>
${commands(`export CENTPKG_URL=${shellWord(url)}`, 'centpkg clone COMPONENT && cd COMPONENT', 'centpkg sources')}
<h2>Collections</h2>
${sigs.length === 0 ? html`<p>There is no SIG yet. A site admin creates one: <code>centpkg sig create NAME</code></p>` : bySig}`,
  };
}

export function collectionNames({ base }: Site, collections: readonly CollectionView[]) {
  return html`<ul class="names">
${collections.map(
  ({ name, releases }) =>
    html`<li><a href="${base}${PATHS.collection(name)}">${name}</a>${
      releases.length === 0 ? null : ` EL ${releases.map(({ release }) => release).join(', ')}`
    }</li>\n`,
)}</ul>
`;
}
