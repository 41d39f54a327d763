import { expect } from 'chai';
import { Store } from '../../src/client/store.ts';

const object = (key: string, labels: Record<string, string> = {}): any => {
  const [namespace, name] = key.split('/');
  return { apiVersion: 'v1', kind: 'X', metadata: { namespace, name, labels } };
};
const names = (objects: any[]) => objects.map((o) => String(o.metadata.name)).sort();

describe('store', () => {
  it('keeps objects by key and by namespace', () => {
    const store = new Store<any>();
    for (const key of ['a/x', 'a/y', 'b/x']) store.set(object(key));
    expect(store.get('a/y')).to.deep.equal(object('a/y'));
    expect([store.list().length, names(store.list('a')), names(store.list('c'))]).to.deep.equal([3, ['x', 'y'], []]);
    expect(store.delete('a/x')).to.deep.equal(object('a/x'));
    expect(store.delete('a/x')).to.equal(undefined);
    expect(names(store.list('a'))).to.deep.equal(['y']);
  });

  it('keeps indexes current, also those added late and with several values', () => {
    const store = new Store<any>();
    store.set(object('a/x', { app: 'web', tier: 'web' }));
    store.addIndex('label', (o) => Object.values(o.metadata.labels));
    store.set(object('a/y', { app: 'db' }));
    expect(names(store.byIndex('label', 'web'))).to.deep.equal(['x']);
    store.set(object('a/x', { app: 'db' }));
    expect([names(store.byIndex('label', 'web')), names(store.byIndex('label', 'db'))]).to.deep.equal([[], ['x', 'y']]);
    store.delete('a/y');
    expect(names(store.byIndex('label', 'db'))).to.deep.equal(['x']);
  });

  it('gives the newest state of an object whose index values did not change', () => {
    const store = new Store<any>();
    store.addIndex('app', (o) => [o.metadata.labels.app]);
    store.set(object('a/x', { app: 'web' }));
    store.set(object('a/x', { app: 'web', new: 'yes' }));
    expect(store.byIndex('app', 'web')[0].metadata.labels.new).to.equal('yes');
  });

  it('takes keys and values like __proto__ for what they are, and says when an index is missing', () => {
    const store = new Store<any>();
    store.set(object('__proto__/constructor'));
    expect(names(store.list('__proto__'))).to.deep.equal(['constructor']);
    expect(() => store.byIndex('nope', 'x')).to.throw('there is no index "nope"');
  });
});
