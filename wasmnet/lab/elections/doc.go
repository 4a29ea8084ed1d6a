// Package elections measures how long a cluster of the core is without a leader, and
// sets it beside what Ongaro's dissertation publishes in its chapter 9.
//
// What the dissertation measured, and how it is done here:
//
//   - In a LAN (§9.4), the leader of five servers crashed at any moment of its
//     heartbeat interval, which was half of the least election timeout. The
//     heartbeats before had been made to arrive everywhere at once, and all logs were of
//     different length, so that two of the four servers left could not be elected. The time
//     is from the crash until the others had heard from the new leader. The
//     broadcast time, a round trip and a disk write, was "roughly 15 ms". How it
//     divides is not told. Here a message takes 0.1 ms and a write anything up
//     to 8.5 ms, which fits all the figures: an election has two writes one
//     after the other, the candidate's own vote and then the others'.
//   - Over a wide area (§9.4), it simulated fresh timers, messages of 30 to 40 ms, and
//     neither disks nor computing. The time is up to when a server becomes leader.
//
// The core's election goroutine looks at the time every PollInterval, so that
// must be much less than the range of the timeouts; the dissertation's servers
// slept until their timer ran out.
package elections
