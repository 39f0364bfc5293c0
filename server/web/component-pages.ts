import type { ApiOutput } from '../../core/api/schemas.ts';
import { formatBytes } from '../../core/domain/byte-size.ts';
import { shellWord } from '../../core/domain/text.ts';
import { type Html, html } from './html.ts';
import type { Page, Site } from './layout.ts';
import { commands, facts, moment, table } from './parts.ts';
import { PATHS } from './paths.ts';

type ComponentView = ApiOutput<'showComponent'>;
type SourceView = ApiOutput<'listSources'>['items'][number];
type PushView = ApiOutput<'listPushes'>['items'][number];

/** Some of a list that may be long. */
export interface Part<T> {
  readonly items: readonly T[];
  /** The address of the next part; null: this is the last. */
  readonly next: string | null;
  /** There is something before it; the first part is at the page's own address. */
  readonly later: boolean;
}

export function componentsPage(site: Site, components: Part<ComponentView>): Page {
  const { base } = site;
  return {
    title: 'Components',
    main: html`<form class="inline" action="${base}${PATHS.components}">
<div><label for="name">Name of a component</label>
<input id="name" name="name" type="text" required autocapitalize="none" spellcheck="false"></div>
<button>Show</button>
</form>
${
  components.items.length === 0
    ? html`<p>There is none${components.later ? ' after this name' : ' yet'}.</p>`
    : table(
        'Components',
        ['Component', 'Collections'],
        components.items.map(({ name, branches }) => [
          html`<a href="${base}${PATHS.component(name)}">${name}</a>`,
          collectionLinks(site, branches),
        ]),
      )
}
${otherParts(base + PATHS.components, components)}`,
  };
}

function collectionLinks({ base }: Site, branches: ComponentView['branches']): Html {
  const names = [...new Set(branches.map(({ collection }) => collection))];
  return html`${names.map(
    (name, n) => html`${n === 0 ? '' : ', '}<a href="${base}${PATHS.collection(name)}">${name}</a>`,
  )}`;
}

/** `first`: the address of the first part. */
export function otherParts(first: string, { next, later }: Part<unknown>): Html | null {
  if (next === null && !later) return null;
  return html`<nav aria-label="Parts of the list"><p>${
    later ? html`<a href="${first}">From the beginning</a> ` : null
  }${next === null ? null : html`<a href="${next}" rel="next">Next</a>`}</p></nav>`;
}

export interface ComponentParts {
  readonly component: ComponentView;
  readonly sources: Part<SourceView>;
  readonly pushes: readonly PushView[];
}

export function componentPage(site: Site, { component, sources, pushes }: ComponentParts): Page {
  const { base, url } = site;
  const { name, branches, gitUrl } = component;
  const path = base + PATHS.component(name);
  return {
    title: name,
    main: html`${facts([
      ['Created', moment(component.createdAt)],
      ['State', component.state],
      ...(component.exploded ? [['Content', 'unpacked upstream source'] as const] : []),
    ])}
<h2>Clone</h2>
${commands(`git clone ${shellWord(gitUrl)}`)}
${commands(`export CENTPKG_URL=${shellWord(url)}`, `centpkg clone ${branches[0] === undefined ? '' : `-b ${branches[0].name} `}${name}`)}
<h2>Branches</h2>
${
  branches.length === 0
    ? html`<p>None yet: <code>centpkg component add ${name} --collection COLLECTION</code></p>`
    : table(
        'Branches',
        ['Branch', 'Collection', 'EL', 'SIG', 'Built package'],
        branches.map((branch) => [
          html`<code>${branch.name}</code>`,
          html`<a href="${base}${PATHS.collection(branch.collection)}">${branch.collection}</a>`,
          html`${branch.release}`,
          html`<a href="${base}${PATHS.sig(branch.sig)}">${branch.sig}</a>`,
          html`<code>${branch.builtPackage}</code>${branch.retired ? ' (retired)' : ''}${branch.closed ? ' (closed)' : ''}`,
        ]),
      )
}
<h2 id="sources">Sources in the look-aside cache</h2>
${
  sources.items.length === 0
    ? html`<p>None yet: <code>centpkg new-sources FILE</code></p>`
    : table(
        'Sources in the look-aside cache',
        ['File', 'Size', 'Uploaded', 'By', 'Checksum'],
        sources.items.map((source) => sourceRow(site, name, source)),
      )
}
${otherParts(`${path}#sources`, sources)}
<h2>Last pushes</h2>
${
  pushes.length === 0
    ? html`<p>None yet.</p>`
    : table(
        'Last pushes',
        ['When', 'By', 'State', 'Branches'],
        pushes.map((push) => [
          moment(push.createdAt),
          html`${push.user}`,
          html`${push.state}`,
          html`${push.updates.map(
            ({ ref, newOid }) =>
              html`<div><code>${ref.replace(/^refs\/heads\//, '')}</code> <code>${newOid.slice(0, 12)}</code></div>`,
          )}`,
        ]),
      )
}`,
  };
}

function sourceRow({ base }: Site, component: string, source: SourceView): Html[] {
  const { file, hashType, hash, state } = source;
  const href = base + PATHS.source({ component, file, hashType, hash });
  return [
    state === 'stored'
      ? html`<a href="${href}" download="${file}">${file}</a>`
      : html`${file} (${state}: it can not be had)`,
    html`${formatBytes(source.size)}`,
    moment(source.uploadedAt),
    html`${source.uploadedBy}`,
    html`<details><summary>${hashType} ${hash.slice(0, 12)}…</summary><code>${hash}</code></details>`,
  ];
}
