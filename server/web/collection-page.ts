import type { ApiOutput } from '../../core/api/schemas.ts';
import { otherParts, type Part } from './component-pages.ts';
import { html } from './html.ts';
import type { Page, Site } from './layout.ts';
import { facts, moment, table } from './parts.ts';
import { PATHS } from './paths.ts';

type CollectionView = ApiOutput<'showCollection'>;
type ComponentView = ApiOutput<'showComponent'>;

export function collectionPage(
  { base }: Site,
  collection: CollectionView,
  components: Part<ComponentView>,
): Page {
  const { name, releases, sig, metaComponent } = collection;
  return {
    title: `Collection ${name}`,
    main: html`${facts([
      ['SIG', html`<a href="${base}${PATHS.sig(sig)}">${sig}</a>`],
      ['SCL name', collection.sclName],
      ['Vendor', collection.vendor],
      [
        'Meta component',
        collection.components.includes(metaComponent)
          ? html`<a href="${base}${PATHS.component(metaComponent)}">${metaComponent}</a>`
          : `${metaComponent} (not created yet)`,
      ],
      ['Created', moment(collection.createdAt)],
    ])}
<h2>EL releases</h2>
${
  releases.length === 0
    ? html`<p>None yet: <code>centpkg collection add-release ${name} RELEASE</code></p>`
    : table(
        'EL releases',
        ['EL', 'Depends on'],
        releases.map(({ release, depends, closed }) => [
          html`${release}${closed ? ' (closed)' : ''}`,
          depends.length === 0
            ? html`nothing`
            : html`${depends.map(
                (one, n) =>
                  html`${n === 0 ? '' : ', '}<a href="${base}${PATHS.collection(one.collection)}">${one.collection}</a> (${one.level})`,
              )}`,
        ]),
      )
}
<h2 id="components">Components</h2>
${
  components.items.length === 0
    ? html`<p>None${components.later ? ' after this name' : html` yet: <code>centpkg component create NAME --collection ${name}</code>`}.</p>`
    : table(
        'Components',
        ['Component', 'Built package'],
        components.items.map((component) => [
          html`<a href="${base}${PATHS.component(component.name)}">${component.name}</a>`,
          html`<code>${component.branches.find((branch) => branch.collection === name)?.builtPackage ?? null}</code>`,
        ]),
      )
}
${otherParts(base + PATHS.collection(name), components)}`,
  };
}
