// Links to places within the office's rooms (`#/rules/campaign/3`), what is read on entering one, and who may do what there.

import { effect, untracked } from '../vendor/signals-core/signals-core.js';
import { desk, place, section } from './state.js';

/** @param {...(string | number)} parts */
export const linkTo = (...parts) => `#/${parts.map((part) => encodeURIComponent(String(part))).join('/')}`;

/** @param {...(string | number)} parts */
export function goTo(...parts) {
  location.hash = linkTo(...parts);
}

/** How often the room that somebody looks at is read again. */
const REFRESH_MS = 20_000;
/** @type {Map<string, (parts: string[]) => void>} */
const rooms = new Map();
setInterval(() => {
  if (desk.peek() && document.visibilityState === 'visible') rooms.get(section.peek())?.(place.peek());
}, REFRESH_MS);

/** Reads what a room shows, each time that somebody enters it and while it is looked at. @param {import('./state.js').Section} room @param {(parts: string[]) => void} enter */
export function onEntering(room, enter) {
  rooms.set(room, enter);
  effect(() => {
    const parts = place.value;
    if (desk.value && section.value === room) untracked(() => enter(parts));
  });
}

/** Those who prepare and sign acts; auditors and sponsors read. */
export const ACTING = ['operator', 'treasurer', 'board'];

/** Whether the person at this desk has one of these roles. @param {string[]} roles */
export const holds = (roles) => desk.value?.operator.roles.some((role) => roles.includes(role)) ?? false;
export const acts = () => holds(ACTING);
/** A sponsor without another role sees the own campaigns only. */
export const sponsorOnly = () => holds(['sponsor']) && !holds([...ACTING, 'auditor']);
