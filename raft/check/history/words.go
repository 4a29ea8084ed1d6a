package history

import (
	"fmt"
	"strings"

	"raftarium/raft/kv"
)

func agreement(operations, keys int) string {
	return fmt.Sprintf("linearizable: %d operations on %d keys could have been done one at a time", operations, keys)
}

func contradiction(key string, operations []Operation) string {
	var text strings.Builder
	fmt.Fprintf(&text, "not linearizable: on the key %q no order of doing these one at a time gives the answers that the clients got", key)
	for _, o := range operations {
		fmt.Fprintf(&text, "\n  %v", o)
	}
	return text.String()
}

// String is the operation as a sentence.
func (o Operation) String() string {
	return fmt.Sprintf("C%d %s %s", -o.Client, o.what(), o.when())
}

func (o Operation) when() string {
	if !o.Returned {
		return fmt.Sprintf("(asked at %.6f s, not answered)", o.Called.Seconds())
	}
	return fmt.Sprintf("(from %.6f s to %.6f s)", o.Called.Seconds(), o.Answered.Seconds())
}

func (o Operation) what() string {
	switch asked := o.Asked; asked.Kind {
	case kv.Put:
		return fmt.Sprintf("sets %s to %q", asked.Key, asked.Value)
	case kv.CompareAndSwap:
		said := ""
		if o.Returned {
			said = fmt.Sprintf(", but it is %s", held(o.Answer))
		}
		if o.Answer.Swapped {
			said = ", which it is"
		}
		return fmt.Sprintf("sets %s to %q if it is %q%s", asked.Key, asked.Value, asked.Expected, said)
	}
	if !o.Returned {
		return "reads " + o.Asked.Key
	}
	return fmt.Sprintf("reads %s and gets %s", o.Asked.Key, held(o.Answer))
}

func held(r kv.Result) string {
	if !r.Found {
		return "nothing"
	}
	return fmt.Sprintf("%q", r.Value)
}
