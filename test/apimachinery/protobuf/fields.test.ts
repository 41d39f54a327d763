import { expect } from 'chai';
import { fieldsOf } from '../../../src/apimachinery/protobuf/fields.ts';

const facts = {
  'a.v1': {
    Pod: 'metadata:1:meta.ObjectMeta spec:2:PodSpec^ x-y:17:[]core.v1.Thing limits:3:{}resource.Quantity n:4:int32!',
    Empty: '',
    Broken: 'no number',
  },
};

describe('facts about protobuf fields', () => {
  it('are written in a short notation', () => {
    const plain = { shape: 'single', inline: false, keepsZero: false };
    expect(fieldsOf(facts, 'a.v1.Pod')).to.deep.equal([
      { ...plain, name: 'metadata', number: 1, type: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' },
      { ...plain, name: 'spec', number: 2, type: 'a.v1.PodSpec', inline: true },
      { ...plain, name: 'x-y', number: 17, type: 'io.k8s.api.core.v1.Thing', shape: 'list' },
      { ...plain, name: 'limits', number: 3, type: 'io.k8s.apimachinery.pkg.api.resource.Quantity', shape: 'map' },
      { ...plain, name: 'n', number: 4, type: 'int32', keepsZero: true },
    ]);
    expect(fieldsOf(facts, 'a.v1.Empty')).to.deep.equal([]);
  });

  it('know the list of every kind', () => {
    expect(fieldsOf(facts, 'a.v1.PodList')!.map((f) => [f.name, f.number, f.type, f.shape])).to.deep.equal([
      ['metadata', 1, 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta', 'single'],
      ['items', 2, 'a.v1.Pod', 'list'],
    ]);
  });

  it('know nothing of what is not written', () => {
    for (const name of ['a.v1.Other', 'a.v1.List', 'b.v1.Pod', 'constructor', 'a.v1.constructor', '__proto__.x', '']) {
      expect(fieldsOf(facts, name), name).to.equal(undefined);
    }
  });

  it('say when they are not understood', () => {
    expect(() => fieldsOf(facts, 'a.v1.Broken')).to.throw('"no"');
  });
});
