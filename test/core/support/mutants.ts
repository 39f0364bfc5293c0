import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { resolve } from 'node:path';
import { Script } from 'node:vm';
import { type Node, parse } from 'acorn';

/** One small change of a program, as somebody might make it by mistake. */
export interface Mutant {
  /** Line, what was there, and what stands there now. */
  readonly name: string;
  readonly code: string;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}
/** A node as the rules below look at it: its own fields, whatever its type. */
type Tree = Node & Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value;

function* nodesOf(node: Tree): Generator<Tree> {
  yield node;
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value])
      if (isNode(child)) yield* nodesOf(child);
}

const SWAPPED: Readonly<Record<string, string>> = {
  '===': '!==',
  '!==': '===',
  '<': '>=',
  '>': '<=',
  '<=': '>',
  '>=': '<',
  '&&': '||',
  '||': '&&',
  allow: 'refuse',
  refuse: 'allow',
  some: 'every',
  every: 'some',
};

/** What can be done to one node; strings that are only words for people are let alone. */
function editsOf(node: Tree, source: string): Edit[] {
  const text = (one: unknown): string => (isNode(one) ? source.slice(one.start, one.end) : '');
  const put = (one: unknown, by: string): Edit[] =>
    isNode(one) ? [{ start: one.start, end: one.end, text: by }] : [];
  switch (node.type) {
    case 'IfStatement':
    case 'ConditionalExpression':
      return [
        ...put(node.test, `(!(${text(node.test)}))`),
        ...put(node.test, '(true)'),
        ...put(node.test, '(false)'),
      ];
    case 'BinaryExpression':
    case 'LogicalExpression': {
      const [left, right] = [`(${text(node.left)})`, `(${text(node.right)})`];
      const operator = String(node.operator);
      const swapped = SWAPPED[operator];
      const names = [node.left, node.right].flatMap((side) =>
        isNode(side) && typeof side.value === 'string' ? put(side, `'nothing'`) : [],
      );
      const swap = swapped === undefined ? [] : put(node, `(${left} ${swapped} ${right})`);
      const sides =
        node.type === 'LogicalExpression'
          ? [...put(node, `(${left})`), ...put(node, `(${right})`)]
          : [];
      return [...swap, ...sides, ...names];
    }
    case 'UnaryExpression':
      return node.operator === '!' ? put(node, `(${text(node.argument)})`) : [];
    case 'CallExpression': {
      const callee = node.callee as Tree;
      const swapped = SWAPPED[text(callee)];
      if (swapped !== undefined) return put(callee, swapped);
      if (callee.type !== 'MemberExpression') return [];
      const method = text(callee.property);
      const other = SWAPPED[method];
      if (other !== undefined) return put(callee.property, other);
      return method === 'includes' ? put(node, `(!${text(node)})`) : [];
    }
    case 'ArrowFunctionExpression':
      return isNode(node.body) &&
        node.body.type !== 'BlockStatement' &&
        !/^[({]/.test(text(node.body))
        ? put(node.body, 'false')
        : [];
    case 'ArrayExpression':
      return (node.elements as unknown[]).length > 0 ? put(node, '[]') : [];
    case 'Literal':
      if (typeof node.value === 'boolean') return put(node, String(!node.value));
      return typeof node.value === 'number' ? put(node, String(node.value + 1)) : [];
    case 'SwitchCase': {
      const body = node.consequent as Tree[];
      const [first, last] = [body[0], body.at(-1)];
      const named = isNode(node.test) ? put(node.test, `'nothing'`) : [];
      if (first === undefined || last === undefined) return named;
      return [...named, { start: first.start, end: last.end, text: '' }];
    }
    case 'ExpressionStatement':
    case 'ContinueStatement':
    case 'ReturnStatement':
      return put(node, ';');
    default:
      return [];
  }
}

/** A module of the program whose functions can be had in changed copies. */
export class Mutable {
  readonly #code: string;
  /** What it imports, by name. */
  readonly #imports: ReadonlyMap<string, unknown>;
  readonly #tree: Tree;

  private constructor(code: string, tree: Tree, imports: ReadonlyMap<string, unknown>) {
    this.#code = code;
    this.#tree = tree;
    this.#imports = imports;
  }

  /** @param path of a TypeScript module; types are blanked, so that lines and columns stay */
  static async read(path: string): Promise<Mutable> {
    const javascript = stripTypeScriptTypes(readFileSync(path, 'utf8'));
    const program = parse(javascript, { ecmaVersion: 'latest', sourceType: 'module' });
    const imports = new Map<string, unknown>();
    let code = javascript;
    const blank = (start: number, end: number): void => {
      code = code.slice(0, start) + code.slice(start, end).replace(/[^\n]/g, ' ') + code.slice(end);
    };
    for (const node of program.body) {
      if (node.type === 'ImportDeclaration') {
        const from = resolve(path, '..', String(node.source.value));
        const module = (await import(from)) as Readonly<Record<string, unknown>>;
        for (const { local } of node.specifiers) imports.set(local.name, module[local.name]);
        blank(node.start, node.end);
      }
      if (node.type === 'ExportNamedDeclaration' && node.declaration)
        blank(node.start, node.declaration.start);
    }
    const tree = parse(code, { ecmaVersion: 'latest' }) as unknown as Tree;
    return new Mutable(code, tree, imports);
  }

  /** Every change of one place. */
  mutants(): Mutant[] {
    const found: Mutant[] = [];
    for (const node of nodesOf(this.#tree))
      for (const { start, end, text } of editsOf(node, this.#code)) {
        const line = this.#code.slice(0, start).split('\n').length;
        const was = this.#code.slice(start, end).replace(/\s+/g, ' ');
        found.push({
          name: `${line}: ${was} => ${text.replace(/\s+/g, ' ')}`,
          code: this.#code.slice(0, start) + text + this.#code.slice(end),
        });
      }
    return found;
  }

  /**
   * A function of the module, of its changed copy where a mutant is given.
   * @param instead imports that are to be others
   */
  load(name: string, mutant?: Mutant, instead: Readonly<Record<string, unknown>> = {}): unknown {
    const names = [...this.#imports.keys()];
    const script = new Script(
      `(function (${names.join(', ')}) { "use strict"; ${mutant?.code ?? this.#code}\nreturn ${name}; })`,
    );
    const make = script.runInThisContext() as (...given: unknown[]) => unknown;
    return make(...names.map((one) => instead[one] ?? this.#imports.get(one)));
  }
}
