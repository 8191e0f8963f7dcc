"""What turns the ring: from a due row to its outcome, through kills, limits and clocks that jump.

dealing     due rows become queue messages      broker     the queue that delivers them
mailboxes   what its processes share            owners     which of them live
claims      one worker wins a row               gates      limits, wishes to wait, the breaker
runner      one event loop for all slow calls   calls      one step carried out
outcomes    what becomes of a try               succession which step follows
retries     when there is another try           standins   for what was refused
sweep       what the dead left behind           clock      set back or forward
"""
