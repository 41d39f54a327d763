import { expect } from 'chai';
import { realClock } from '../../src/base/clock.ts';
import { noLog } from '../../src/base/log.ts';
import { EtcdStorage } from '../../src/storage/etcd.ts';
import { storageSuite } from '../suites/storage.ts';
import { EtcdProcess } from './etcd-process.ts';

describe('EtcdStorage', function () {
  this.timeout(20_000);
  let etcd: EtcdProcess;
  before(async () => {
    etcd = await EtcdProcess.start();
  });
  after(() => etcd.remove());

  it('knows its size', async () => {
    const storage = new EtcdStorage({ endpoints: [etcd.endpoint], clock: realClock, log: noLog });
    expect(await storage.size()).to.be.within(1000, 1e9);
    await storage.close();
  });

  let tenant = 0;
  storageSuite(async () => {
    const prefix = `/tenant${tenant++}`;
    return { storage: new EtcdStorage({ endpoints: [etcd.endpoint], clock: realClock, log: noLog, prefix }) };
  });
});
