import { expect } from 'chai';
import * as fc from 'fast-check';
import { applyFacts } from '../../../src/api/apply-facts.ts';
import { definitions } from '../../../src/api/definitions.ts';
import { fieldsOfNew } from '../../../src/apimachinery/apply/all-fields.ts';
import { apply, applyInTurns, type ApplyResult } from '../../../src/apimachinery/apply/apply.ts';
import { capManagers } from '../../../src/apimachinery/apply/cap-managers.ts';
import { changedFields, compare } from '../../../src/apimachinery/apply/compare.ts';
import { configFields } from '../../../src/apimachinery/apply/config-fields.ts';
import { EMPTY, pathsOf, setOf, type FieldSet } from '../../../src/apimachinery/apply/field-set.ts';
import { entryOf, NO_MANAGERS } from '../../../src/apimachinery/apply/managed-fields.ts';
import { merge } from '../../../src/apimachinery/apply/merge.ts';
import { pathText } from '../../../src/apimachinery/apply/path-element.ts';
import { reconcile } from '../../../src/apimachinery/apply/reconcile.ts';
import { removeFields } from '../../../src/apimachinery/apply/remove.ts';
import type { ApplyScope } from '../../../src/apimachinery/apply/scope.ts';
import { hasMoreParts } from '../../../src/apimachinery/apply/size.ts';
import { trackChange } from '../../../src/apimachinery/apply/track.ts';
import { TypeCompiler } from '../../../src/apimachinery/apply/type-compiler.ts';
import { copyJson } from '../../../src/apimachinery/json-value.ts';

const types = new TypeCompiler(definitions(), applyFacts);
const podType = types.object('io.k8s.api.core.v1.Pod');

const scope: ApplyScope = {
  apiVersion: 'v1',
  subresource: '',
  type: podType,
  skip: new Set(['status']),
  reset: EMPTY,
  convert: (object) => object,
  back: (object) => object,
  version: () => undefined,
};

const text = (set: FieldSet) => [...pathsOf(set)].map(pathText);

const word = fc.constantFrom('a', 'b', 'c');
const map = fc.dictionary(fc.constantFrom('x', 'y', 'constructor'), word, { minKeys: 1, maxKeys: 3 });
const port = fc.record({ containerPort: fc.integer({ min: 1, max: 4 }) });
const container = fc.record(
  {
    name: word,
    image: word,
    command: fc.array(word, { minLength: 1, maxLength: 2 }),
    env: fc.uniqueArray(fc.record({ name: word, value: word }), { selector: (e) => e.name, minLength: 1 }),
    ports: fc.uniqueArray(port, { selector: (p) => p.containerPort, minLength: 1 }),
    securityContext: fc.record({ privileged: fc.boolean() }, { requiredKeys: [] }),
  },
  { requiredKeys: ['name'] },
);
/** A part of a Pod: no empty collections, which mean the same as none. */
const pod = fc.record(
  {
    apiVersion: fc.constant('v1'),
    kind: fc.constant('Pod'),
    metadata: fc.record(
      { name: fc.constant('p'), labels: map, finalizers: fc.uniqueArray(word, { minLength: 1 }) },
      { requiredKeys: ['name'] },
    ),
    spec: fc.record(
      {
        containers: fc.uniqueArray(container, { selector: (c) => c.name, minLength: 1 }),
        nodeSelector: map,
        hostNetwork: fc.boolean(),
      },
      { requiredKeys: ['containers'] },
    ),
  },
  { requiredKeys: ['apiVersion', 'kind', 'metadata', 'spec'] },
);

const at = (manager: string) => ({ manager, time: '2026-01-01T00:00:00Z' });
const applied = (before: ApplyResult | undefined, config: object, manager: string, force = true): ApplyResult =>
  apply(scope, { live: before?.object, managers: before?.managers ?? NO_MANAGERS, config, force }, at(manager));

describe('apply', () => {
  it('comes to the same in turns', async () => {
    const outcome = async (work: () => unknown) => {
      try {
        return await work();
      } catch (error) {
        return (error as Error).message;
      }
    };
    await fc.assert(
      fc.asyncProperty(pod, pod, pod, fc.boolean(), async (first, second, third, force) => {
        const before = applied(applied(undefined, first, 'one'), second, 'two');
        const how = { live: before.object, managers: before.managers, config: third, force };
        let turns = 0;
        const pause = async () => void turns++;
        const inTurns = await outcome(() => applyInTurns(scope, how, at('one'), pause));
        expect(inTurns).to.deep.equal(await outcome(() => apply(scope, how, at('one'))));
        expect(turns).to.be.above(3);
      }),
    );
  });

  it('leaves the set of fields alone that did not change', () => {
    const config = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { hostNetwork: true } };
    const first = applied(undefined, config, 'one');
    const again = applied(first, { ...config, spec: { hostNetwork: false } }, 'one');
    expect(again.managers[0]!.fieldsV1).to.equal(first.managers[0]!.fieldsV1);
  });

  it('twice is apply once', () => {
    fc.assert(
      fc.property(pod, pod, (live, config) => {
        const base = applied(undefined, live, 'other');
        const once = applied(base, config, 'me');
        const twice = applied(once, config, 'me');
        expect(twice.object).to.deep.equal(once.object);
        expect(twice.managers).to.deep.equal(once.managers);
      }),
    );
  });

  it('of one’s own object changes nothing', () => {
    fc.assert(
      fc.property(pod, pod, (first, second) => {
        const live = applied(applied(undefined, first, 'one'), second, 'two');
        expect(applied(live, copyJson(live.object), 'one').object).to.deep.equal(live.object);
      }),
    );
  });

  it('replaces what the same manager applied before, whatever that was', () => {
    fc.assert(
      fc.property(pod, pod, (first, second) => {
        const both = applied(applied(undefined, first, 'me'), second, 'me');
        const { managers } = both;
        expect(compare(both.object, second, podType)).to.deep.equal({ added: {}, modified: {}, removed: {} });
        expect(managers).to.deep.equal(applied(undefined, second, 'me').managers);
      }),
    );
  });

  it('leaves what others own, unless it says otherwise', () => {
    fc.assert(
      fc.property(pod, pod, (theirs, mine) => {
        const both = applied(applied(undefined, theirs, 'them'), mine, 'me');
        const gone = applied(both, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } }, 'me');
        const left = gone.managers.find((e) => e.manager === 'them')?.fieldsV1 ?? EMPTY;
        const has = text(fieldsOfNew(gone.object, podType));
        for (const path of text(left)) expect(has.some((p) => p.startsWith(path))).to.equal(true, path);
        expect(gone.managers.some((e) => e.manager === 'me')).to.equal(false);
      }),
    );
  });

  it('conflicts exactly where it would change what others own', () => {
    fc.assert(
      fc.property(pod, pod, (theirs, mine) => {
        const live = applied(undefined, theirs, 'them');
        const merged = merge(live.object, mine, podType);
        const changed = new Set(text(changedFields(compare(live.object, merged, podType))));
        const owned = text(live.managers[0]?.fieldsV1 ?? EMPTY);
        const expected = owned.filter((path) => changed.has(path));
        let found: string[] = [];
        try {
          applied(live, mine, 'me', false);
        } catch (error) {
          found = (error as any).details.causes.map((cause: any) => cause.field);
        }
        expect(found).to.have.members(expected);
      }),
    );
  });
});

describe('comparing objects', () => {
  it('finds nothing between an object and itself in another order', () => {
    fc.assert(
      fc.property(pod, (object) => {
        const turned = copyJson(object);
        turned.spec.containers.reverse();
        expect(compare(object, turned, podType)).to.deep.equal({ added: {}, modified: {}, removed: {} });
      }),
    );
  });

  it('adds one way what it removes the other', () => {
    fc.assert(
      fc.property(pod, pod, (a, b) => {
        const [there, back] = [compare(a, b, podType), compare(b, a, podType)];
        expect(text(there.added)).to.have.members(text(back.removed));
        expect(text(there.modified)).to.have.members(text(back.modified));
      }),
    );
  });

  it('with nothing is what a create owns', () => {
    fc.assert(
      fc.property(pod, (object) => {
        const nothing = { metadata: {}, spec: { containers: null } };
        expect(text(changedFields(compare(nothing, object, podType)))).to.have.members(
          text(fieldsOfNew(object, podType)),
        );
      }),
    );
  });

  const c = (more: object) => ({ spec: { containers: [{ name: 'c', ...more }] } });
  const table: [what: string, old: object, updated: object, added: string[], modified: string[], removed: string[]][] =
    [
      ['a scalar', c({ image: 'a' }), c({ image: 'b' }), [], ['.spec.containers[name="c"].image'], []],
      [
        'an item',
        c({}),
        { spec: { containers: [{ name: 'd' }] } },
        ['.spec.containers[name="d"]', '.spec.containers[name="d"].name', '.spec.containers[name="d"].resources'],
        [],
        ['.spec.containers[name="c"]', '.spec.containers[name="c"].name', '.spec.containers[name="c"].resources'],
      ],
      [
        'a key that stands by default',
        c({ ports: [{ containerPort: 80 }] }),
        c({ ports: [{ containerPort: 80, protocol: 'TCP' }] }),
        ['.spec.containers[name="c"].ports[containerPort=80,protocol="TCP"].protocol'],
        [],
        [],
      ],
      [
        'an atomic list',
        c({ command: ['a'] }),
        c({ command: ['a', 'b'] }),
        [],
        ['.spec.containers[name="c"].command'],
        [],
      ],
      [
        'an atomic map',
        { spec: { nodeSelector: { a: '1' } } },
        { spec: { nodeSelector: { b: '1' } } },
        [],
        ['.spec.nodeSelector'],
        [],
      ],
      [
        'a set',
        { metadata: { finalizers: ['a'] } },
        { metadata: { finalizers: ['b'] } },
        ['.metadata.finalizers[="b"]'],
        [],
        ['.metadata.finalizers[="a"]'],
      ],
      ['an empty object', c({}), c({ securityContext: {} }), ['.spec.containers[name="c"].securityContext'], [], []],
      ['an object that is always there', c({}), c({ resources: {} }), [], [], []],
      ['null for a value', c({ image: 'a' }), c({ image: null }), [], ['.spec.containers[name="c"].image'], []],
      ['an empty list', c({}), c({ ports: [] }), [], [], []],
      ['what the server keeps', { metadata: { uid: 'a' } }, { metadata: { uid: 'b', generation: 3 } }, [], [], []],
      [
        'items that share their keys',
        c({
          env: [
            { name: 'A', value: '1' },
            { name: 'A', value: '2' },
          ],
        }),
        c({
          env: [
            { name: 'A', value: '1' },
            { name: 'A', value: '3' },
          ],
        }),
        [],
        ['.spec.containers[name="c"].env[name="A"]'],
        [],
      ],
    ];
  for (const [what, old, updated, added, modified, removed] of table) {
    it(`sees ${what}`, () => {
      const found = compare(old, updated, podType);
      expect({ added: text(found.added), modified: text(found.modified), removed: text(found.removed) }).to.deep.equal({
        added,
        modified,
        removed,
      });
    });
  }
});

describe('merging', () => {
  it('says what the applied object says', () => {
    fc.assert(
      fc.property(pod, pod, (live, config) => {
        const merged = merge(live, config, podType);
        expect(merge(merged, config, podType)).to.deep.equal(merged);
        expect(merge(live, {}, podType)).to.equal(live);
        expect(text(compare(config, merged, podType).modified)).to.deep.equal([]);
        expect(text(compare(config, merged, podType).removed)).to.deep.equal([]);
      }),
    );
  });

  const names = (list: string) => ({ spec: { containers: [...list].map((name) => ({ name })) } });
  const orders: [live: string, config: string, merged: string][] = [
    ['abc', 'ca', 'bca'],
    ['ab', 'xb', 'axb'],
    ['abc', 'b', 'abc'],
    ['abc', 'x', 'abcx'],
    ['abc', 'cxa', 'bcxa'],
    ['', 'ab', 'ab'],
    ['ab', '', 'ab'],
    ['abcd', 'dbx', 'acdbx'],
  ];
  for (const [live, config, merged] of orders) {
    it(`of ${config || 'nothing'} into ${live || 'nothing'} gives ${merged}`, () => {
      const result: any = merge(names(live), names(config), podType);
      expect(result.spec.containers.map((item: any) => item.name).join('')).to.equal(merged);
    });
  }
});

describe('removing', () => {
  it('all that an object has leaves what the server keeps', () => {
    fc.assert(
      fc.property(pod, (object) => {
        const left: any = removeFields(object, fieldsOfNew(object, podType), podType);
        expect(text(fieldsOfNew(left, podType))).to.deep.equal([]);
        expect(left.metadata).to.deep.equal({ name: 'p' });
      }),
    );
  });

  it('never takes what nobody can own, though somebody claims it', () => {
    const object = { metadata: { name: 'p', uid: 'u', labels: { a: 'b' } } };
    const claimed = setOf(['f:metadata'], ['f:metadata', 'f:uid'], ['f:metadata', 'f:labels', 'f:a']);
    expect(removeFields(object, claimed, podType)).to.deep.equal({ metadata: { name: 'p', uid: 'u' } });
  });
});

describe('sets of an older schema', () => {
  it('own as a whole what is one value now', () => {
    const old = setOf(['f:spec', 'f:nodeSelector'], ['f:spec', 'f:nodeSelector', 'f:a'], ['f:spec', 'f:hostNetwork']);
    expect(text(reconcile(old, podType))).to.deep.equal(['.spec.nodeSelector', '.spec.hostNetwork']);
  });

  it('are the very same otherwise', () => {
    fc.assert(
      fc.property(pod, (object) => {
        const set = fieldsOfNew(object, podType);
        expect(reconcile(set, podType)).to.equal(set);
      }),
    );
  });
});

describe('what an applied object speaks of', () => {
  it('is what it says, without the places that lead there', () => {
    const object = {
      metadata: { name: 'p', labels: { a: 'b' }, annotations: null },
      spec: {
        containers: [{ name: 'c', ports: [{ containerPort: 80 }], securityContext: {} }],
        nodeSelector: { a: 'b' },
      },
    };
    expect(text(configFields(object, podType))).to.have.members([
      '.metadata.labels.a',
      '.metadata.annotations',
      '.spec.containers[name="c"]',
      '.spec.containers[name="c"].name',
      '.spec.containers[name="c"].ports[containerPort=80,protocol="TCP"]',
      '.spec.containers[name="c"].ports[containerPort=80,protocol="TCP"].containerPort',
      '.spec.containers[name="c"].securityContext',
      '.spec.nodeSelector',
    ]);
  });

  const faults: [what: string, spec: object, message: string][] = [
    ['an unknown field', { foo: 1 }, '.spec.foo: field not declared in schema'],
    ['a string for a number', { priority: 'x' }, '.spec.priority: expected numeric (int or float), got string'],
    [
      'a number for a string',
      { nodeName: 1 },
      '.spec.nodeName: expected string, got &value.valueUnstructured{Value:1}',
    ],
    ['a string for a boolean', { hostNetwork: 'x' }, '.spec.hostNetwork: expected boolean, got &{x}'],
    ['a list for an object', { affinity: [] }, '.spec.affinity: expected map, got &{[]}'],
    ['an object for a list', { tolerations: {} }, '.spec.tolerations: expected list, got &{map[]}'],
    [
      'what an atomic list holds',
      { tolerations: [{ foo: 1 }] },
      '.spec.tolerations[0].foo: field not declared in schema',
    ],
    ['an object for a quantity', { overhead: { cpu: {} } }, '.spec.overhead.cpu: expected any scalar, got &{map[]}'],
    [
      'the same item twice',
      { volumes: [{ name: 'a' }, { name: 'a' }] },
      '.spec.volumes: duplicate entries for key [name="a"]',
    ],
    [
      'null for an item',
      { volumes: [null] },
      '.spec.volumes: element 0: associative list with keys may not have a null element',
    ],
  ];
  for (const [what, spec, message] of faults) {
    it(`faults ${what}`, () => expect(() => configFields({ spec }, podType)).to.throw(message));
  }

  it('tells all faults at once', () => {
    expect(() => configFields({ spec: { foo: 1, bar: 2 } }, podType)).to.throw(
      'errors:\n  .spec.foo: field not declared in schema\n  .spec.bar: field not declared in schema',
    );
  });

  it('may be anything where there is no schema', () => {
    const type = types.object('io.example.v1.Unknown');
    const object = { metadata: { name: 'x' }, spec: { a: { b: [1, { c: 2 }] }, d: 'e' } };
    expect(text(configFields(object, type))).to.have.members(['.spec', '.spec.a', '.spec.a.b', '.spec.d']);
  });
});

describe('tracking changes', () => {
  it('never gives anybody a field that is not there', () => {
    fc.assert(
      fc.property(pod, pod, pod, (first, second, third) => {
        const track = (old: object | undefined, updated: object, stored: any, manager: string) =>
          trackChange(scope, { old, updated, stored, sent: undefined }, at(manager)) ?? NO_MANAGERS;
        let managers = track(undefined, first, NO_MANAGERS, 'one');
        managers = track(first, second, managers, 'two');
        managers = track(second, third, managers, 'three');
        const there = new Set(text(fieldsOfNew(third, podType)));
        for (const entry of managers) for (const path of text(entry.fieldsV1)) expect(there).to.include(path);
      }),
    );
  });

  it('keeps ten updaters, and merges the oldest by version', () => {
    const entries = Array.from({ length: 14 }, (_, i) =>
      entryOf({
        manager: `m${i}`,
        operation: 'Update',
        apiVersion: i % 2 ? 'v1' : 'v2',
        time: `2026-01-01T00:00:${10 + i}Z`,
        fieldsV1: setOf([`f:f${i}`]),
      }),
    );
    const capped = capManagers(entries);
    expect(capped).to.have.length(10);
    const ancient = capped.filter((e) => e.manager === 'ancient-changes');
    expect(ancient.map((e) => [e.apiVersion, text(e.fieldsV1).length])).to.have.deep.members([
      ['v2', 3],
      ['v1', 3],
    ]);
    expect(capManagers(entries.slice(4))).to.deep.equal(entries.slice(4));
  });

  it('counts the parts of objects', () => {
    const wide = { a: Array.from({ length: 10 }, () => ({ b: 1 })) };
    expect(hasMoreParts(wide, 21)).to.equal(false);
    expect(hasMoreParts(wide, 20)).to.equal(true);
    expect(hasMoreParts('x', 0)).to.equal(false);
  });
});
