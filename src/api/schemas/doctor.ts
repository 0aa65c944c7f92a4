import { Type } from '@sinclair/typebox';
import type { DoctorEndpoints, Examination, Finding } from '../doctor.js';
import { oneOf } from './common.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { schemaOf } from './schema-of.js';

const FindingSchema = schemaOf<Finding>()(
  Type.Object({
    id: Type.String({ description: 'Of its kind: `no-tls`.' }),
    level: oneOf('error', 'warning', 'note'),
    what: Type.String({ description: 'A sentence.' }),
    where: Type.String({ description: 'A key of the settings, a file, a key by its name.' }),
    place: Type.String({ description: "Where that is written: `millrace.yaml:4:3`; '' = it is not written anywhere." }),
    fix: Type.Object({
      kind: oneOf('setting', 'command'),
      line: Type.String({ description: 'For `millrace.yaml`, or for a shell on the machine of the server.' }),
    }),
  }),
);

const ExaminationSchema = schemaOf<Examination>()(
  Type.Object({ version: Type.String(), findings: Type.Array(FindingSchema) }),
);

/** Findings about the server. */
export const DOCTOR_ENDPOINTS: EndpointSpecs<DoctorEndpoints> = {
  'GET /doctor': {
    tag: 'doctor',
    summary: 'Check the server and list findings, most severe first',
    control: false,
    answer: ExaminationSchema,
  },
};
