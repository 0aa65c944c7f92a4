import { Type } from '@sinclair/typebox';
import { FINDING_LEVELS } from '../core/index.js';
import { jsonResponse, type Route } from '../protocols/index.js';
import type { DoctorUseCases } from '../service/index.js';

const FindingSchema = Type.Object({
  id: Type.String({ description: 'Of its kind: `no-tls`.' }),
  level: Type.Union(FINDING_LEVELS.map((level) => Type.Literal(level))),
  what: Type.String({ description: 'A sentence.' }),
  where: Type.String({ description: 'A key of the settings, a file, a key by its name.' }),
  place: Type.String({ description: "Where that is written: `millrace.yaml:4:3`; '' = nobody wrote it." }),
  fix: Type.Object({
    kind: Type.Union([Type.Literal('setting'), Type.Literal('command')]),
    line: Type.String({ description: 'For `millrace.yaml`, or for a shell on the machine of the server.' }),
  }),
});

/** What somebody should correct about the server. */
export function createDoctorRoutes(doctor: DoctorUseCases): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/millrace/v1/doctor',
      tag: 'doctor',
      access: 'key',
      summary: 'What somebody should correct or know about the server, the worst first',
      control: false,
      response: Type.Object({ version: Type.String(), findings: Type.Array(FindingSchema) }),
      handle: async (call) => jsonResponse(await doctor.examine(call)),
    },
  ];
}
