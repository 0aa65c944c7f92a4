import type { DoctorEndpoints } from '../api/index.js';
import { DOCTOR_ENDPOINTS } from '../api/schemas/index.js';
import type { Route } from '../protocols/index.js';
import type { DoctorUseCases } from '../service/index.js';
import { createEndpointRoutes } from './endpoint-route.js';

/** Findings about the server. */
export function createDoctorRoutes(doctor: DoctorUseCases): readonly Route[] {
  return createEndpointRoutes<DoctorEndpoints>(DOCTOR_ENDPOINTS, {
    'GET /doctor': async (call) => ({ body: await doctor.examine(call) }),
  });
}
