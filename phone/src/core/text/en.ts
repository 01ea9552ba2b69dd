/** English. */

import type { Texts } from "./id.ts";

const span = (minutes: number): string => {
  if (minutes >= 2880) return `${Math.round(minutes / 1440)} days`;
  return minutes >= 120 ? `${Math.round(minutes / 60)} hours` : `${minutes} minutes`;
};

export const en: Texts = {
  appName: "Hadir",
  otherLanguage: "ID",
  otherLanguageLong: "Bahasa Indonesia",
  rehearsal: "REHEARSAL. Nothing here counts.",
  employee: (person) => `Employee ${person}`,

  tabToday: "Today",
  tabMonth: "This month",
  tabMore: "More",
  tabsLabel: "Pages",
  back: "Back",

  in: "In",
  out: "Out",
  tapIn: "Clock in",
  tapOut: "Clock out",
  already: (direction, time) => `${direction} already recorded at ${time}`,
  alreadySaved: (direction, time) => `${direction} already saved at ${time}`,
  wrongButton: "Wrong button? Record In",
  duty: (start, end) => `Working hours ${start}–${end}`,
  dutyOfNight: (day, start, end) => `Shift of ${day}, ${start}–${end}`,
  dutyNone: "No working hours today",
  policy: "Regulation applied",
  rulesTitle: "Today's rules",
  rulesOld: (day) => `Working hours last known: ${day}`,
  rulesOfAnotherDay: (day) =>
    `These are the hours of ${day}. Today's are not known yet and are shown once the phone is connected. You can still record.`,
  rulesUnknown: "Not known yet. Shown once the phone has reached the office. You can still record.",
  rulesSeen: (time) => `What the office says, seen ${time}.`,
  clockOff: (minutes) => `This phone's clock is ${span(minutes)} off official time. Taps are still saved.`,

  waitingCount: (count) => `${count} ${count === 1 ? "tap waits" : "taps wait"} to be sent`,
  moreRows: (count) => `${count} other taps today`,
  savedWaiting: "Saved on this phone, waiting to be sent",
  sending: "Saved on this phone, being sent",
  recorded: "Recorded",
  refused: "Saved on this phone, not received",
  received: (time) => `Received ${time}`,
  receivedOn: (day, time) => `Received ${day}, ${time}`,
  counted: (time) => `counts as ${time}`,
  again: (direction, time) => `first ${direction} is still ${time}`,
  unconfirmed: "This phone awaits confirmation; this counts meanwhile",
  afterRevocation: "Received after this phone had become invalid; it is looked at first",
  revoked: (day, time) =>
    `This phone is no longer valid for your attendance (known since ${day}, ${time}). Taps are still saved and sent, but are looked at first and may not count. Ask your unit operator for a new card, and tell your superior.`,
  mismatch: (day, time) =>
    `This phone is registered in another person's name (known since ${day}, ${time}). Taps are still saved and sent, but may not count as yours. Show the phone to your unit operator.`,
  refusedWhatToDo: "This tap is not lost; show the phone to your unit operator.",
  stateSaved: (direction, time) => `${direction} ${time} saved on this phone`,
  stateRecorded: (direction, time) => `${direction} ${time} recorded`,
  refusedUnreadable: "This tap cannot be read. Update the app; the tap stays on the phone.",
  saveFailed:
    "Not saved: this phone's storage is broken. Write down your name and time, and tell your superior now.",
  unkept_full:
    "This phone's storage is full: the tap is not saved on the phone and is sent directly. Do not close this app; delete photos or videos that you do not need.",
  unkept_broken:
    "This phone's storage does not work: the tap is not saved on the phone and is sent directly. Do not close this app.",
  unkeptSending: "Not saved on this phone, being sent",
  unkeptWaiting:
    "Not saved on this phone, not sent. Do not close this app; write down your name and time, and tell your superior.",
  unkeptReceived: "The phone cannot keep it. Open this line and save the receipt now.",

  trouble_no_answer: "No answer yet. It will be sent again by itself.",
  trouble_overloaded: "Busy right now. It will be sent again by itself.",
  trouble_not_the_gate:
    "This Wi-Fi wants you to sign in first. Your tap is safe on the phone and will be sent by itself.",
  trouble_unproven: "The answer could not be made sure of yet. The phone sends it again by itself.",
  trouble_unverified:
    "The answer could not be checked yet: the app is not fully downloaded. Your tap is safe on the phone; close and open the app again when there is a network.",

  result: "Today's result",
  resultOfNight: (day) => `Result of the shift of ${day}`,
  resultUnknown: "Not known yet",
  resultAfterConfirmation: "Shown once this phone is confirmed.",
  provisional: "provisional",
  resultAsOf: (time) => `seen ${time}`,

  receipt: "Receipt",
  receiptNone: "No receipt yet. This tap is safe on the phone and will be sent by itself.",
  receiptChecked: "Checked by this phone: it holds",
  tapTime: "Time of the tap",
  judgedTime: "Time that counts",
  receivedTime: "Received",
  grade: "Evidence of time",
  officialTime: "Last official time before the tap",
  officialTimeNone: "None",
  recordNumber: (seq) => `Tap number ${seq} from this phone`,
  sequence: "Sequence",
  location: "Location",
  locationSent: "Kept with it, by an older version of the app",
  tries: "Attempts to send",
  evidence: "Technical evidence",
  hash: "Authenticity code of the record (SHA-256)",
  journal: "Journal",
  position: "Position in the journal",
  bookSize: "Size of the journal then",
  statement: "Delivery record",
  statementSent: "Sent",
  statementNone: "None",
  journalLater: "Also in the journal",
  saveLater: (turn) => `Save the receipt from journal ${turn}`,
  saveReceipt: "Save receipt",
  shareReceipt: "Share",

  monthIntro:
    "Your result for each day, leave and corrections will be shown here. For now: this month's taps that this phone keeps.",
  monthNone: "No taps this month on this phone.",

  whoTitle: "Who is recording?",
  whoHint: "This phone is shared. Each person's taps and history are kept apart.",
  switchPerson: "Switch person",
  tapAs: (name) => `as ${name}`,
  people: "People on this phone",
  peopleAlone: "Only you use this phone.",
  peopleShared: "This phone is shared. Your taps and history are not shown to the others.",
  addPerson: "Add a person to this phone",
  addIntro:
    "Somebody uses this phone already. Your taps and history are kept apart; at each opening the app asks who is recording.",
  removePerson: (name) => `Remove ${name} from this phone`,
  removeTitle: (name) => `Remove ${name} from this phone?`,
  removeText: [
    "This person's digital key, taps and receipts on this phone are deleted. What was received stays.",
    "Save the receipts that are still needed first. Recording on this phone again takes a new enrolment card.",
  ],
  removeUnsent: (count) =>
    `Cannot be removed yet: ${count} ${count === 1 ? "tap is" : "taps are"} not sent. Connect the phone to a network first.`,
  removeNow: "Remove",
  cancel: "Cancel",

  language: "Language",
  thisPhone: "This phone",
  person: "Hadir number",
  enrolledAt: "Enrolled since",
  slip: "Enrolment card",
  slipChecked: (slip) => `Number ${slip}, genuine`,
  slipUnchecked: (slip) => `Number ${slip}, to be checked when connected`,
  slipWrong: (slip) => `Number ${slip}, not known. Ask your unit operator for a new card.`,
  slipExpired: "Out of date. Taps are still saved; ask your unit operator for a new card.",
  confirmation: "Phone confirmed",
  standing_confirmed: "Yes",
  standing_unconfirmed: "Not yet. Taps count meanwhile.",
  standing_revoked: "No longer valid. Ask your unit operator for a new card.",
  standing_mismatch: "Registered in another person's name. Show the phone to your unit operator.",
  deviceKey: "Phone code",
  unsent: "Not sent yet",
  unsentCount: (count) => (count ? `${count} ${count === 1 ? "tap" : "taps"}` : "None"),
  exportUnsent: "Save the taps not sent yet",
  storage: "Storage",
  storageKept: "Protected by the phone",
  storageMay: "The phone may clear it when full",
  storageUnknown: "Unknown",
  version: "App version",
  site: "Agency code",
  siteUnknown: "Never connected yet",
  enrolAgain: "Enrol with another card",
  aboutMe: "What is stored about me",
  aboutMeList: [
    "On this phone: Hadir number and digital key are kept until you are removed from it. Records and receipts are deleted 35 days after the receipt.",
    "What is sent: time of the tap, in or out, and Hadir number. Location is not collected.",
    "Never stored: fingerprints, faces, passwords, anything else on the phone.",
  ],

  moveTo: (browser) => `Open it in ${browser} first`,
  moveInApp: (app) => `This page is open inside ${app}. What is enrolled here can be lost with that app.`,
  moveAnotherApp: "another app",
  moveInAppSteps: (browser) => [
    `Touch the three dots or Share, then choose Open in ${browser}.`,
    `If there is no such choice: copy this link, open ${browser}, and paste it into the address field.`,
  ],
  moveToHomeScreen: "Add it to the home screen first",
  moveIosTab:
    "On an iPhone or iPad what this page keeps is deleted when it is not opened for 7 days, and does not come along to the app on the home screen. Enrol the phone inside that app.",
  moveIosFirst: "Copy the code of this card.",
  moveIosSteps: [
    "In Safari touch Share, then choose Add to Home Screen.",
    "Open Hadir from the home screen, paste or type the code of the card there, and enrol.",
  ],
  moveCopyLink: "Copy link",
  moveCopyCode: "Copy the card's code",
  moveCopied: "Copied",
  moveStay: "Enrol here all the same",
  moveRisk: "If you stay here: taps not sent yet and this enrolment can be lost, and a new card is needed.",

  enrolTitle: "Enrol this phone",
  enrolIntro:
    "Scan the QR code on the enrolment card with the phone's camera, or type its six lines here. No signal needed.",
  enrolCode: "Code on the card",
  enrolHint: "Six lines. Upper or lower case, spaces and hyphens do not matter.",
  enrolSubmit: "Enrol phone",
  enrolReplace: (person) =>
    `This phone is already enrolled for employee ${person}. Enrolling again makes a new phone code; unsent taps are still sent.`,
  enrolDone: (person) => `This phone is enrolled for employee ${person}.`,
  enrolLines: (lines) => `Please check line ${lines}.`,
  enrolLength: (characters) => `The code is not complete: ${characters} characters read, 126 expected.`,
  enrolContent: "This code is not valid. Check it again, or ask your unit operator for a new card.",
  enrolFull: "Four people use this phone already. One of them must be removed from it first.",
  enrolSaveFailed:
    "This phone cannot store anything. Leave private mode or free some storage, then try again.",
  deniedTitle: "This phone cannot save a tap",
  deniedText: [
    "Write down your name and time, and tell your superior now.",
    "Then leave private mode, or free some of the phone's storage, and open this app again.",
  ],
  and: "and",
};
