# In place of turn.sh: a machine that changes without asking others. Whoever runs the steps orders them.
note_beginning() { :; }
take_turn() { :; }
end_turn() { :; }
settle() { :; }
announce_failure() { :; }
fail_gone_back() { fail_plainly "step $step failed on $machine, which runs what it ran before"; }
