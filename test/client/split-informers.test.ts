import { expect } from 'chai';
import { pod } from '../../src/api/core-v1/pod.ts';
import { noLog } from '../../src/base/log.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Client } from '../../src/client/client.ts';
import { InformerFactory } from '../../src/client/informer-factory.ts';
import { kubeletSplits, SplitInformers } from '../../src/client/split-informers.ts';
import { MemoryApi } from './memory-api.ts';

/** The in-memory API knows no field selectors: the split deals out all pods. */
const splits = kubeletSplits.map((split) => ({ ...split, selection: {} }));

describe('SplitInformers', () => {
  const api = new MemoryApi();
  const shared = new InformerFactory({
    ...{ client: new Client(api.exchange), clock: new VirtualClock(), random: () => 0, log: noLog },
  });
  const informers = new SplitInformers(shared, splits);
  const told: string[] = [];
  const put = (name: string, nodeName?: string, more = '') =>
    api.put(`/api/v1/namespaces/d/pods/${name}`, {
      metadata: { name, namespace: 'd', labels: { more } },
      spec: { ...(nodeName && { nodeName }) },
    });
  const settle = async () => {
    for (let i = 0; i < 10; i++) await new Promise(setImmediate);
  };
  const news = async () => {
    await settle();
    return told.splice(0).toSorted();
  };
  const onNode = (node: string) => {
    const component = informers.component();
    const informer = component.of(pod, { fieldSelector: `spec.nodeName=${node}` });
    informer.listen({
      added: (o) => told.push(`${node} +${o.metadata.name}`),
      updated: (o) => told.push(`${node} ~${o.metadata.name}`),
      deleted: (o) => told.push(`${node} -${o.metadata.name}`),
    });
    return { component, informer };
  };
  after(() => informers.stop());

  it('show each component what a watch of its own would, over one watch', async () => {
    put('a', 'one');
    put('b', 'two');
    put('c');
    const one = onNode('one');
    const two = onNode('two');
    one.component.start();
    await Promise.all([one.component.synced(), two.component.synced()]);
    expect(await news()).to.deep.equal(['one +a', 'two +b']);
    expect(one.informer.list().map((o) => o.metadata.name)).to.deep.equal(['a']);
    expect(one.informer.get('d/b')).to.equal(undefined);
    expect(two.informer.get('d/b')?.metadata.name).to.equal('b');

    put('c', 'two');
    put('a', 'one', 'x');
    expect(await news()).to.deep.equal(['one ~a', 'two +c']);
    put('a', 'two');
    expect(await news()).to.deep.equal(['one -a', 'two +a']);
    expect(one.informer.list()).to.deep.equal([]);
    expect(api.sent('GET', 'watch=')).to.have.length(1);

    await one.component.stop();
    put('d', 'one');
    put('e', 'two');
    expect(await news()).to.deep.equal(['two +e']);
    const again = onNode('one');
    expect(await news()).to.deep.equal(['one +d']);
    expect(again.informer.synced).to.equal(true);
  });
});
