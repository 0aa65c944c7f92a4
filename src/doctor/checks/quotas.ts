import { type Check, setting } from '../diagnosis.js';

/** Whether one caller can take what several share. */
export const checkQuotas: Check = ({ settings: { auth, quotas }, store }) => {
  const callers = auth.keys.length + store.keys.length;
  if (quotas.length > 0 || (callers < 2 && auth.issuers.length === 0)) return [];
  return [
    {
      id: 'no-quotas',
      level: 'note',
      what: 'several callers share the server, and each may use all of it: there are no quotas',
      where: ['quotas'],
      fix: setting("quotas: [{ name: each, principal: '*', concurrent: 64 }]"),
    },
  ];
};
