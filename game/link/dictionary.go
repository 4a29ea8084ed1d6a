package link

// dictionary is text that runs are likely to have: what stands in it costs a
// link next to nothing. It belongs to version 1 of links and must never change,
// since every link of that version is read with it. What is most likely stands
// last.
const dictionary = `"reorder":0.1,"duplicate":0.05,"loss":0.02` +
	`,"groups":[[1,2],[3,4,5]]},{"at":` +
	`","kind":"Delay","packet":,"for":50000000},{"at":` +
	`,"kind":"Duplicate","packet":1},{"at":` +
	`,"kind":"TimeOut","server":1},{"at":` +
	`,"kind":"SetNetwork","network":{"latency":10000000,"jitter":10000000}},{"at":` +
	`,"kind":"Write","key":"x","value":"1"},{"at":` +
	`,"kind":"Split","groups":[[1,2],[3,4,5]]},{"at":` +
	`,"kind":"HealAll"},{"at":` +
	`,"kind":"Pause","server":2},{"at":` +
	`,"kind":"Resume","server":2},{"at":` +
	`,"kind":"Drop","packet":1},{"at":` +
	`,"kind":"Heal","from":2,"to":1},{"at":` +
	`,"kind":"Cut","from":1,"to":2},{"at":` +
	`,"kind":"Restart","server":3},{"at":` +
	`,"kind":"Crash","server":3},{"at":` +
	`{"header":{"raftarium":1,"servers":5,"clients":2,"seed":7,"timing":{` +
	`"electionTimeoutMin":150000000,"electionTimeoutMax":300000000,"heartbeatInterval":50000000,"clientInterval":1000000000},` +
	`"network":{"latency":10000000,"jitter":10000000},"disk":{"syncLatency":2000000,"syncJitter":2000000}},"commands":[{"at":,"for":`
