"""Reports of payments: facts about orders, which may stop their goods or let them go on."""
