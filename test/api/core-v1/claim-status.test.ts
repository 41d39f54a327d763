import { expect } from 'chai';
import { persistentVolumeClaim } from '../../../src/api/core-v1/persistent-volume-claim.ts';
import { statusErrors } from '../kind-cases.ts';

const supported =
  'supported values: "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizePending", "NodeResizeInProgress", "NodeResizeInfeasible"';

describe('the status of a claim', () => {
  const cases: [status: object, ...errors: string[]][] = [
    [{ phase: 'Bound', capacity: { storage: '1Gi' } }],
    [{ capacity: { storage: '-1' } }, 'status.capacity[storage]: Invalid value: -1: must be a valid resource quantity'],
    [
      {
        allocatedResourceStatuses: { storage: 'NodeResizePending', 'example.com/x': 'NodeResizeInProgress' },
        allocatedResources: { storage: '2Gi', 'example.com/x': '1' },
      },
    ],
    [
      { allocatedResourceStatuses: { storage: 'Growing' } },
      `status.allocatedResourceStatus[storage]: Unsupported value: "Growing": ${supported}`,
    ],
    [
      { allocatedResourceStatuses: { cpu: 'NodeResizePending' }, allocatedResources: { cpu: '-2' } },
      'status.allocatedResourceStatus: Unsupported value: "cpu": supported values: "storage"',
      'status.allocatedResources: Unsupported value: "cpu": supported values: "storage"',
      'status.allocatedResources[cpu]: Invalid value: -2: must be a valid resource quantity',
    ],
  ];
  for (const [status, ...errors] of cases) {
    it(`${JSON.stringify(status)} has ${errors.length} errors`, () => {
      expect(statusErrors(persistentVolumeClaim, {}, status, { spec: {} })).to.deep.equal(errors);
    });
  }
});
