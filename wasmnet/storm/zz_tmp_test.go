package storm
import ("testing";"time";"fmt")
func TestManyTmp(t *testing.T){
 n,ev,ld,bad:=0,0,0,0
 st:=time.Now()
 for seed:=uint64(1);seed<=300;seed++{
  o,err:=Storm{Seed:seed,For:20*time.Second}.Rage()
  if err!=nil{t.Fatal(err)}
  n++;ev+=o.Events;ld+=o.Leaders
  if o.Violation!=nil{bad++; if bad<12{fmt.Println(seed,o.Violation)}}
 }
 fmt.Println(n,ev,ld,bad,time.Since(st))
}
