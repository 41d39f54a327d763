import { realClock } from '../../../src/base/clock.ts';
import { noLog } from '../../../src/base/log.ts';
import { CachedStorage } from '../../../src/storage/cache/index.ts';
import { EtcdStorage } from '../../../src/storage/etcd.ts';
import { storageSuite } from '../../suites/storage.ts';
import { EtcdProcess } from '../etcd-process.ts';

for (const soleWriter of [false, true])
  describe(`CachedStorage around EtcdStorage${soleWriter ? ', its only writer' : ''}`, function () {
    this.timeout(20_000);
    let etcd: EtcdProcess;
    before(async () => {
      etcd = await EtcdProcess.start();
    });
    after(() => etcd.remove());

    let tenant = 0;
    storageSuite(async () => {
      const prefix = `/tenant${tenant++}`;
      const inner = new EtcdStorage({ endpoints: [etcd.endpoint], clock: realClock, log: noLog, prefix });
      const storage = new CachedStorage(inner, { clock: realClock, log: noLog, soleWriter, patience: 1000 });
      await storage.open();
      return { storage };
    });
  });
